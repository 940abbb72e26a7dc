"""Trains the small tokenizers of the tests, one for each family, on the project's own corpus.

usage: python train_tokenizers.py OUTPUT_DIR CORPUS_FILE...    (tokenizers 0.23, sentencepiece 0.2)

sentencepiece is only needed for the compiled character map of `t5-small`; without it that one is
left out.
"""
import base64
import io
import json
import pathlib
import sys

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

OUT = pathlib.Path(sys.argv[1])
TEXT = [line for path in sys.argv[2:] for line in open(path, encoding="utf-8")][:4000]
R3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
      r"|\s*[\r\n]+|\s+(?!\S)|\s+")
R2 = R3.replace(r"\p{N}{1,3}", r"\p{N}")
BYTES = pre_tokenizers.ByteLevel.alphabet()
SIZE = 900


def save(name, tokenizer, **model):
    """Writes the file after changing fields of its model."""
    data = json.loads(tokenizer.to_str())
    data["model"].update(model)
    (OUT / f"{name}.json").write_text(
        json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def byte_level(pattern, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train_bpe(tokenizer, specials, **options):
    tokenizer.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=specials, show_progress=False, **options))


def llama3():
    tokenizer = byte_level(R3)
    train_bpe(tokenizer, ["<|begin_of_text|>", "<|end_of_text|>"], initial_alphabet=BYTES)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A",
                                      special_tokens=[("<|begin_of_text|>", 0)])])
    save("llama3-small", tokenizer, ignore_merges=True)


def qwen2():
    tokenizer = byte_level(R2, normalizers.NFC())
    train_bpe(tokenizer, [], initial_alphabet=BYTES)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False)])
    save("qwen2-small", tokenizer)


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    train_bpe(tokenizer, ["<s>", "</s>"], initial_alphabet=BYTES)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    save("gpt2-small", tokenizer)


def sentencepiece_bpe(name, normalizer, pre_tokenizer, decoder):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    if normalizer:
        tokenizer.normalizer = normalizer
    # Words are needed for training only.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    train_bpe(tokenizer, specials, limit_alphabet=400)
    data = json.loads(tokenizer.to_str())
    data["model"].update(byte_fallback=True, fuse_unk=True)
    data["added_tokens"] = data["added_tokens"][:3]
    data["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(data))
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>" if name == "gemma-small" else "<s> $A",
        special_tokens=[("<s>", 1), ("</s>", 2)])
    save(name, tokenizer)


def llama2():
    sentencepiece_bpe(
        "llama2-small",
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None,
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                           decoders.Strip(" ", 1, 0)]))


def mistral():
    sentencepiece_bpe(
        "mistral-small", None,
        pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False),
        decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace("▁", "first"),
                           decoders.Fuse()]))


def gemma():
    sentencepiece_bpe(
        "gemma-small", normalizers.Replace(" ", "▁"),
        pre_tokenizers.Split("▁", "merged_with_previous"),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]))


def unigram(name, byte_fallback, normalizer, pre_tokenizer, decoder):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"]
    if byte_fallback:
        specials += [f"<0x{b:02X}>" for b in range(256)]
    tokenizer.train_from_iterator(TEXT[:300], trainers.UnigramTrainer(
        vocab_size=1800, special_tokens=specials, unk_token="<unk>", show_progress=False))
    data = json.loads(tokenizer.to_str())
    data["model"]["byte_fallback"] = byte_fallback
    data["added_tokens"] = data["added_tokens"][:3]
    data["normalizer"] = data["pre_tokenizer"] = None
    if isinstance(normalizer, dict):
        data["normalizer"] = normalizer
    tokenizer = Tokenizer.from_str(json.dumps(data))
    if normalizer and not isinstance(normalizer, dict):
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 2)])
    save(name, tokenizer)


def llmjp():
    unigram("llmjp-small", True,
            normalizers.Sequence([normalizers.Replace(Regex(r"(?<!\n)^"), "▁"),
                                  normalizers.Replace(" ", "▁")]), None,
            decoders.Sequence([decoders.ByteFallback(), decoders.Replace("▁", " "),
                               decoders.Fuse(), decoders.Replace(Regex(r"(?<!\n)^ "), "")]))


def t5():
    try:
        import sentencepiece as spm
    except ImportError:
        print("t5-small left out: no sentencepiece")
        return
    # A small character map in the format of the large ones.
    rules = {"FF21": "41", "FF22": "42", "FF76 FF9E": "30AC", "FF76": "30AB", "FF9E": "3099",
             "2460": "31", "3000": "20", "A0": "20", "200B": "", "2026": "2E 2E 2E",
             "304B 3099": "304C", "65 301": "E9", "1F1EF 1F1F5": "4A 50", "D A": "20", "A": "20"}
    path = OUT / "rules.tsv"
    path.write_text("".join(f"{k}\t{v}\n" for k, v in rules.items()))
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT[:300]), model_writer=model, vocab_size=1800, hard_vocab_limit=False,
        normalization_rule_tsv=str(path), minloglevel=2)
    path.unlink()
    from sentencepiece import sentencepiece_model_pb2 as pb
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    blob = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    unigram("t5-small", False,
            {"type": "Sequence", "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": blob},
                {"type": "Nmt"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
            decoders.Metaspace())


def words():
    """Everything that is left: affixes, normalizers, pre-tokenizers, odd added tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKD(), normalizers.StripAccents(), normalizers.NFKC(),
        normalizers.Lowercase(), normalizers.Strip(),
        normalizers.Replace(Regex(r"(?<=[a-z])-+(?=[a-z]|\d)|[^\S\n]{3,}|\bthe\b"), "~")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation("merged_with_next"),
        pre_tokenizers.Split(Regex(r"[\p{Han}&&[^一二三]]++|\p{Katakana}{2,}?"), "contiguous")])
    train_bpe(tokenizer, ["[UNK]", "[CLS]", "[SEP]"], end_of_word_suffix="</w>",
              limit_alphabet=300)
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True)])
    tokenizer.add_tokens([AddedToken("東京", single_word=True), AddedToken("HELLO", normalized=True),
                          AddedToken("ｶﾅ"), AddedToken("don't", rstrip=True, normalized=True)])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    save("words-small", tokenizer)


def bert():
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", fuse_unk=True,
                                     continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.NFD()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train_bpe(tokenizer, ["[UNK]"], continuing_subword_prefix="##", limit_alphabet=300)
    save("bert-small", tokenizer)


for make in (llama3, qwen2, gpt2, llama2, mistral, gemma, llmjp, t5, words, bert):
    make()
