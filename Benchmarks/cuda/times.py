#!/usr/bin/env python3
"""The time of each part of a layer on a GPU, on a Llama-3.1-70B layer's shapes, beside its rate.

python Benchmarks/cuda/times.py     # needs torch
"""

import ctypes, glob, json, os, statistics

from kernels import *

torch = device.torch
torch.manual_seed(options.seed)
library = lambda *names: next(l for l in (try_load(n) for n in names) if l is not None)


def try_load(name):
    for path in [name] + glob.glob(os.path.join(os.path.dirname(torch.__file__), "../nvidia/*/lib/" + name)):
        try:
            return ctypes.CDLL(path)
        except OSError:
            pass


blas, solver = library("libcublas.so.13", "libcublas.so.12"), library("libcusolver.so.12", "libcusolver.so.11")
handle, solver_handle, solver_parameters = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
assert blas.cublasCreate_v2(ctypes.byref(handle)) == 0 and solver.cusolverDnCreate(ctypes.byref(solver_handle)) == 0
assert solver.cusolverDnCreateParams(ctypes.byref(solver_parameters)) == 0
stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
blas.cublasSetStream_v2(handle, stream)
solver.cusolverDnSetStream(solver_handle, stream)
workspace = torch.empty(64 << 20, dtype=torch.uint8, device="cuda")
blas.cublasSetWorkspace_v2(handle, u64(workspace.data_ptr()), ctypes.c_size_t(workspace.numel()))
BF16, F32 = 14, 0


def gemm(ta, tb, m, n, k, a, lda, b, ldb, c, ldc, alpha=1.0, beta=0.0, kind=BF16, compute=68):
    code = blas.cublasGemmEx(
        handle,
        ta,
        tb,
        m,
        n,
        k,
        ctypes.byref(f32(alpha)),
        u64(a),
        kind,
        lda,
        u64(b),
        kind,
        ldb,
        ctypes.byref(f32(beta)),
        u64(c),
        F32,
        ldc,
        compute,
        -1,
    )
    assert code == 0, code


def gemm_batched(ta, tb, m, n, k, a, lda, stride_a, b, ldb, stride_b, c, ldc, stride_c, count):
    """BF16 sides, C += in float32."""
    code = blas.cublasGemmStridedBatchedEx(
        handle,
        ta,
        tb,
        m,
        n,
        k,
        ctypes.byref(f32(1.0)),
        u64(a),
        BF16,
        lda,
        i64(stride_a),
        u64(b),
        BF16,
        ldb,
        i64(stride_b),
        ctypes.byref(f32(1.0)),
        u64(c),
        F32,
        ldc,
        i64(stride_c),
        count,
        68,
        -1,
    )
    assert code == 0, code


def milliseconds(body, repeats=7):
    body()
    torch.cuda.synchronize()
    times = []
    for _ in range(repeats):
        start, end = torch.cuda.Event(True), torch.cuda.Event(True)
        start.record()
        body()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


table = []


def line(what, ms, operations=0, bytes=0):
    table.append(dict(what=what, ms=ms, tflops=operations / ms / 1e9, tbs=bytes / ms / 1e9))
    print(
        f"{what:58} {ms:9.3f} ms"
        + (f" {operations / ms / 1e9:8.1f} TFLOP/s" if operations else "")
        + (f" {bytes / ms / 1e9:6.2f} TB/s" if bytes else ""),
        flush=True,
    )


random = lambda *shape, dtype=torch.float32: torch.randn(*shape, device="cuda", dtype=dtype)
print(torch.cuda.get_device_name(), "torch", torch.__version__)
a, b = random(1 << 29), torch.empty(1 << 29, device="cuda")
line("copy of 2 GiB", milliseconds(lambda: b.copy_(a)), bytes=a.numel() * 8)
del a, b
host = torch.empty(1 << 28, pin_memory=True)
dev = torch.empty(1 << 28, device="cuda")
line("upload of 1 GiB, pinned", milliseconds(lambda: dev.copy_(host, non_blocking=True), 3), bytes=1 << 30)
del host, dev
x, w, y = (
    random(8192, 8192, dtype=torch.bfloat16),
    random(8192, 8192, dtype=torch.bfloat16),
    torch.empty(8192, 8192, device="cuda"),
)
line(
    "GemmEx bf16 8192^3",
    milliseconds(lambda: gemm(1, 0, 8192, 8192, 8192, w.data_ptr(), 8192, x.data_ptr(), 8192, y.data_ptr(), 8192)),
    2 * 8192**3,
)
for T in (2048, 8192):
    total, flop = 0, 0
    for name, n_in, n_out, times in (
        ("q, o", 8192, 8192, 2),
        ("k, v", 8192, 1024, 2),
        ("gate, up", 8192, 28672, 2),
        ("down", 28672, 8192, 1),
    ):
        x, w, y = (
            random(T, n_in, dtype=torch.bfloat16),
            random(n_out, n_in, dtype=torch.bfloat16),
            torch.empty(T, n_out, device="cuda"),
        )
        ms = milliseconds(
            lambda: gemm(1, 0, n_out, T, n_in, w.data_ptr(), n_in, x.data_ptr(), n_in, y.data_ptr(), n_out)
        )
        total += times * ms
        flop += times * 2 * T * n_in * n_out
        line(f"linear {name} {n_in} -> {n_out}, {T} tokens, float32 out", ms, 2 * T * n_in * n_out)
    line(f"all linears of a layer, {T} tokens", total, flop)
del x, w, y
for n, T in ((8192, 2048), (8192, 8192), (28672, 2048), (28672, 8192)):
    x, h = random(T, n, dtype=torch.bfloat16), torch.zeros(n, n, device="cuda")

    def gram(block):
        """As CUDADevice+Gram.swift: blocks on the diagonal, then squares that double."""

        def part(row, column, rows, columns, step, count):
            gemm_batched(
                0,
                1,
                columns,
                rows,
                T,
                x.data_ptr() + 2 * column,
                n,
                step,
                x.data_ptr() + 2 * row,
                n,
                step,
                h.data_ptr() + 4 * (row * n + column),
                n,
                step * (n + 1),
                count,
            )

        part(0, 0, block, block, block, n // block)
        size = block
        while size < n:
            pairs = n // (2 * size)
            if pairs:
                part(0, size, size, size, 2 * size, pairs)
            first = pairs * 2 * size
            if n - first > size:
                part(first, first + size, size, n - first - size, 0, 1)
            size *= 2

    for block in (2048, 1024, 512):
        line(
            f"Gram n {n}, {T} rows, blocks of {block} (rate: the half counts)",
            milliseconds(lambda: gram(block), 5),
            T * n * n,
        )
    if n == 8192 and T == 2048:
        h.zero_()
        gram(512)
        want = x[:, :256].double().T @ x[:, 4096:4352].double()
        print("   Gram error", ((h[:256, 4096:4352].double() - want).norm() / want.norm()).item())
del x, h
for T in (2048,):
    windows = [(i * T, (i + 1) * T, i * T, (i + 1) * T, 0) for i in range(8)]
    heads, kv, d = 64, 8, 128
    n = 8 * T
    q, k, v, o = (
        random(n, heads * d, dtype=torch.bfloat16),
        random(n, kv * d, dtype=torch.bfloat16),
        random(n, kv * d, dtype=torch.bfloat16),
        torch.empty(n, heads * d, dtype=torch.bfloat16, device="cuda"),
    )
    tasks = up(tasks_of(windows))
    count = len(tasks_of(windows))
    shape = attention_shape(heads, kv, d, d**-0.5, 0, 0)
    attend = lambda: run(
        "attention.cu",
        "attention",
        (count, heads),
        attention_threads(d),
        q,
        k,
        v,
        o,
        tasks,
        None,
        shape,
        shared=attention_shared(d),
        defines=[f"HEAD_WIDTH={d}"],
    )
    line(f"attention 64/8 heads of 128, 8 windows of {T}", milliseconds(attend), 8 * heads * T * T * d * 2)
    Q, K, V = (t.view(8, T, -1, d).transpose(1, 2) for t in (q, k, v))
    want = torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=True, enable_gqa=True)
    line(
        "   torch's attention, the same",
        milliseconds(
            lambda: torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=True, enable_gqa=True)
        ),
        8 * heads * T * T * d * 2,
    )
    ours = o.view(8, T, heads, d).transpose(1, 2).float()
    print("   difference from torch's", ((ours - want.float()).norm() / want.float().norm()).item())
del q, k, v, o, Q, K, V, want, ours
x, gain, out = (random(16384, 8192), random(8192), torch.empty(16384, 8192, dtype=torch.bfloat16, device="cuda"))
line(
    "rms_norm 16384 x 8192 to bf16",
    milliseconds(lambda: run("norms.cu", "rms_norm", (16384,), (256,), x, gain, out, None, i32(8192), f32(1e-5))),
    bytes=16384 * 8192 * 6,
)
g, u, out = (random(8192, 28672), random(8192, 28672), torch.empty(8192, 28672, dtype=torch.bfloat16, device="cuda"))
line(
    "gated_activation 8192 x 28672 to bf16",
    milliseconds(
        lambda: run(
            "norms.cu", "gated_activation", (2112,), (256,), g, u, out, None, i64(g.numel()), i32(0), f32(0), f32(0)
        )
    ),
    bytes=g.numel() * 10,
)
line(
    "floats_to_brains, the same",
    milliseconds(lambda: run("elements.cu", "floats_to_brains", (2112,), (256,), g, out, i64(g.numel()))),
    bytes=g.numel() * 6,
)
partial = torch.empty(1056, dtype=torch.float64, device="cuda")
line(
    "squared_norm of it",
    milliseconds(lambda: run("reductions.cu", "squared_norm", (1056,), (256,), g, partial, i64(g.numel()))),
    bytes=g.numel() * 4,
)
states, targets = torch.zeros(2048, 8, dtype=torch.float64, device="cuda"), torch.zeros(
    2048, dtype=torch.int32, device="cuda"
)
run("tokens.cu", "start_tokens", (8,), (256,), states, i64(2048))
line(
    "update_tokens 2048 x 28672",
    milliseconds(
        lambda: run(
            "tokens.cu", "update_tokens", (2048,), (256,), g, u, i64(28672), i32(28672), i32(0), targets, states
        )
    ),
    bytes=2048 * 28672 * 8,
)
del x, g, u, out


def factorize(n):
    x = random(n + 512, n)
    h = x.T @ x / n + 0.1 * torch.eye(n, device="cuda")
    del x
    flipped = torch.flip(h, (0, 1)).contiguous()
    work = torch.empty_like(flipped)
    info = torch.zeros(2, dtype=torch.int32, device="cuda")
    d1, h1, d2, h2 = (ctypes.c_size_t() for _ in range(4))
    assert (
        solver.cusolverDnXpotrf_bufferSize(
            solver_handle,
            solver_parameters,
            1,
            i64(n),
            0,
            u64(work.data_ptr()),
            i64(n),
            0,
            ctypes.byref(d1),
            ctypes.byref(h1),
        )
        == 0
    )
    assert (
        solver.cusolverDnXtrtri_bufferSize(
            solver_handle, 0, 0, i64(n), 0, u64(work.data_ptr()), i64(n), ctypes.byref(d2), ctypes.byref(h2)
        )
        == 0
    )
    room, hroom = (
        torch.empty(max(d1.value, d2.value, 256), dtype=torch.uint8, device="cuda"),
        (ctypes.c_uint8 * max(h1.value, h2.value, 1))(),
    )

    def both():
        work.copy_(flipped)
        code = solver.cusolverDnXpotrf(
            solver_handle,
            solver_parameters,
            1,
            i64(n),
            0,
            u64(work.data_ptr()),
            i64(n),
            0,
            u64(room.data_ptr()),
            d1,
            hroom,
            h1,
            u64(info.data_ptr()),
        )
        assert code == 0, code
        run("hessians.cu", "flip_f32", (1056,), (256,), work, i64(n * n))
        code = solver.cusolverDnXtrtri(
            solver_handle,
            0,
            0,
            i64(n),
            0,
            u64(work.data_ptr()),
            i64(n),
            u64(room.data_ptr()),
            d2,
            hroom,
            h2,
            u64(info.data_ptr() + 4),
        )
        assert code == 0, code
        run("hessians.cu", "clear_triangle_f32", (n,), (256,), work, i32(n), i32(0))

    line(f"flipped potrf + trtri, n {n}", milliseconds(both, 3), 2 * n**3 / 3)
    assert info.tolist() == [0, 0], info
    probe = random(n, 8).double()
    solved = work[:, :].double().T @ (work.double() @ probe) if n <= 8192 else None
    if solved is not None:
        print("   U^T U H v against v", ((h.double() @ solved - probe).norm() / probe.norm()).item())
    return work


def quantize(rows, n, u, outer, real="f32", sizes=128, fast=False):
    w = random(rows, n)
    groups = n // sizes
    scales, zeros, index = (
        torch.empty(rows, groups, device="cuda"),
        torch.empty(rows, groups, dtype=torch.int32, device="cuda"),
        (torch.arange(n, device="cuda") // sizes).int(),
    )
    codes, error = torch.empty(rows, n, dtype=torch.uint8, device="cuda"), torch.empty(rows, outer, device="cuda")
    loss, clipped = torch.zeros(rows, dtype=torch.float64, device="cuda"), torch.zeros(
        rows, dtype=torch.int32, device="cuda"
    )
    compute = 77 if fast else 68
    block_at = lambda first, start: column_block(
        (
            w.data_ptr(),
            u.data_ptr(),
            0,
            scales.data_ptr(),
            zeros.data_ptr(),
            index.data_ptr(),
            error.data_ptr() + 4 * (first - start),
            0,
            0,
            codes.data_ptr(),
            loss.data_ptr(),
            clipped.data_ptr(),
        ),
        rows,
        n,
        groups,
        first,
        128,
        15,
        outer,
    )
    columns = lambda block: run(
        "columns.cu", "quantize_columns_f32", ((rows + 31) // 32,), (256,), block, shared=128 * 128 * 4 + 512
    )

    def all_columns():
        for start in range(0, n, outer):
            end = min(start + outer, n)
            for first in range(start, end, 128):
                run(
                    "grids.cu",
                    "fit_grids_f32",
                    ((rows + 7) // 8,),
                    (256,),
                    w,
                    i64(rows),
                    i64(n),
                    i32(sizes),
                    i32(first // sizes),
                    i32(1),
                    i32(groups),
                    i32(0),
                    i32(15),
                    i32(0),
                    scales,
                    zeros,
                )
                columns(block_at(first, start))
                later = end - first - 128
                if later:
                    gemm(
                        0,
                        0,
                        later,
                        rows,
                        128,
                        u.data_ptr() + 4 * (first * n + first + 128),
                        n,
                        error.data_ptr() + 4 * (first - start),
                        outer,
                        w.data_ptr() + 4 * (first + 128),
                        n,
                        -1.0,
                        1.0,
                        F32,
                        compute,
                    )
            if end < n:
                gemm(
                    0,
                    0,
                    n - end,
                    rows,
                    end - start,
                    u.data_ptr() + 4 * (start * n + end),
                    n,
                    error.data_ptr(),
                    outer,
                    w.data_ptr() + 4 * end,
                    n,
                    -1.0,
                    1.0,
                    F32,
                    compute,
                )

    line(
        f"column loop {rows} x {n}, outer block {outer}{', TF32 updates' if fast else ''}",
        milliseconds(all_columns, 3),
        rows * n * n,
    )
    if outer == 1024:
        line(f"   of which quantize_columns, one of {n // 128}", milliseconds(lambda: columns(block_at(0, 0))))


u8192 = factorize(8192)
for rows, outer in ((8192, 128), (8192, 512), (8192, 1024), (8192, 2048), (28672, 1024), (1024, 1024)):
    quantize(rows, 8192, u8192, outer)
quantize(8192, 8192, u8192, 1024, fast=True)
a, c = random(8192, 8192), torch.empty(8192, 8192, device="cuda")
line(
    "sgemm 8192^3",
    milliseconds(
        lambda: gemm(
            0, 0, 8192, 8192, 8192, a.data_ptr(), 8192, u8192.data_ptr(), 8192, c.data_ptr(), 8192, kind=F32
        ),
        3,
    ),
    2 * 8192**3,
)
line(
    "the same in TF32",
    milliseconds(
        lambda: gemm(
            0,
            0,
            8192,
            8192,
            8192,
            a.data_ptr(),
            8192,
            u8192.data_ptr(),
            8192,
            c.data_ptr(),
            8192,
            kind=F32,
            compute=77,
        ),
        3,
    ),
    2 * 8192**3,
)
del u8192, a, c
u = factorize(28672)
quantize(8192, 28672, u, 1024)
quantize(8192, 28672, u, 2048)
if os.environ.get("OUT"):
    json.dump(table, open(os.path.join(os.environ["OUT"], "cuda_kernels.json"), "w"))
