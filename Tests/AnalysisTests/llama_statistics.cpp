// Calls perplexity() and kl_divergence() of llama.cpp's tools/perplexity/perplexity.cpp, which is
// included unchanged; in place of the tool's command line the few parameters that they read. It does
// what this does, without building the tool's HTTP client and chat templates:
//
//   llama-perplexity -m MODEL -f TEXT -c N_CTX -b N_CTX -t 1 -ctk f32 -ctv f32 -fa off \
//     --kl-divergence-base LOGITS [--kl-divergence]
//
//   llama_statistics MODEL.gguf TEXT N_CTX LOGITS write|compare
//
// Compile with llama.cpp's include, common, ggml/include and tools/perplexity in the path, and link with
// its libllama, libggml and common.cpp; -Wl,--unresolved-symbols=ignore-all leaves the rest out.
#include "perplexity.cpp"

#include <cstdarg>
#include <string>

int common_log_verbosity_thold = 3;
int common_log_get_verbosity_thold(void) { return 3; }
common_log *common_log_main() { return nullptr; }
void common_log_add(common_log *, ggml_log_level, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 6) return 64;
  common_params params;
  const int context = std::stoi(argv[3]);
  std::ifstream file(argv[2]);
  params.prompt.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!params.prompt.empty() && params.prompt.back() == '\n') params.prompt.pop_back();
  params.logits_file = argv[4];
  params.n_ctx = params.n_batch = context;
  params.n_parallel = 1;
  llama_backend_init();
  llama_model_params model_params = llama_model_default_params();
  llama_model *model = llama_model_load_from_file(argv[1], model_params);
  if (!model) return 1;
  llama_context_params context_params = llama_context_default_params();
  context_params.n_ctx = context_params.n_batch = context_params.n_ubatch = context;
  context_params.n_seq_max = 1;
  context_params.n_threads = context_params.n_threads_batch = 1;
  context_params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  context_params.type_k = context_params.type_v = GGML_TYPE_F32;
  llama_context *context_ = llama_init_from_model(model, context_params);
  if (!context_) return 1;
  if (std::string(argv[5]) == "compare")
    kl_divergence(context_, params);
  else
    perplexity(context_, params, context);
  return 0;
}
