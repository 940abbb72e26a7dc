#!/usr/bin/env python3
"""Every CUDA kernel of tenbin against float64 (numpy), with random inputs, odd shapes and poisoned
outputs.

  python Benchmarks/cuda/kernels.py                     # on a machine with a GPU (needs torch)
  python Benchmarks/cuda/kernels.py --host libhost.so   # as Tests/CUDAHost compiles them for the CPU
"""

import argparse, ctypes, glob, os, sys, time
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
arguments = argparse.ArgumentParser()
arguments.add_argument("--host")
arguments.add_argument("--kernels", default=os.path.join(HERE, "../../Sources/CUDA/Kernels"))
arguments.add_argument("--seed", type=int, default=0)
options = arguments.parse_args()
rng = np.random.default_rng(options.seed)
u64, i64, i32, f32, f64 = (ctypes.c_uint64, ctypes.c_int64, ctypes.c_int32, ctypes.c_float, ctypes.c_double)


class Host:
    """The CPU's device."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.tenbin_host_launch.argtypes = [ctypes.c_char_p] + [ctypes.c_uint32] * 8 + [ctypes.c_void_p]
        self.widths = (20, 32, 144)
        self.turn = 0

    def up(self, array):
        return np.array(array, order="C")

    def down(self, array):
        return array.copy()

    def pointer(self, array):
        return array.ctypes.data

    def launch(self, file, name, grid, block, shared, arguments, defines=()):
        wide = name + (str(dict(d.split("=") for d in defines)["HEAD_WIDTH"]) if defines else "")
        places = (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(a) for a in arguments])
        self.turn += 37
        code = self.library.tenbin_host_launch(wide.encode(), *grid, *block, shared, self.turn, places)
        assert code == 0, (name, code)


class Device:
    """A GPU, through the driver and NVRTC; torch holds the memory."""

    def __init__(self):
        import torch

        self.torch = torch
        torch.cuda.init()
        torch.zeros(1, device="cuda")
        self.cuda = ctypes.CDLL("libcuda.so.1")
        paths = ["libnvrtc.so.13", "libnvrtc.so.12"] + glob.glob(
            os.path.join(os.path.dirname(torch.__file__), "../nvidia/*/lib/libnvrtc.so.*")
        )
        for path in paths:
            try:
                self.nvrtc = ctypes.CDLL(path)
                break
            except OSError:
                pass
        self.functions, self.widths, self.logs = {}, (20, 32, 64, 72, 80, 96, 128, 144, 256), []

    def up(self, array):
        array = np.ascontiguousarray(array)
        kinds = {np.dtype(np.uint16): np.int16, np.dtype(np.uint32): np.int32}
        if array.dtype in kinds:
            array = array.view(kinds[array.dtype])
        if array.dtype.names:
            array = array.view(np.uint8)
        return self.torch.from_numpy(array.copy()).cuda()

    def down(self, tensor):
        return tensor.cpu().numpy()

    def pointer(self, tensor):
        return tensor.data_ptr()

    def function(self, file, name, defines):
        key = (file, name, tuple(defines))
        if key in self.functions:
            return self.functions[key]
        read = lambda f: open(os.path.join(options.kernels, f), "rb").read()
        program, size = ctypes.c_void_p(), ctypes.c_size_t()
        headers, names = (ctypes.c_char_p * 1)(read("device.cuh")), (ctypes.c_char_p * 1)(b"device.cuh")
        assert self.nvrtc.nvrtcCreateProgram(ctypes.byref(program), read(file), file.encode(), 1, headers, names) == 0
        flags = [b"--gpu-architecture=sm_90a", b"--std=c++17", b"-lineinfo"] + [b"-D" + d.encode() for d in defines]
        code = self.nvrtc.nvrtcCompileProgram(program, len(flags), (ctypes.c_char_p * len(flags))(*flags))
        self.nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
        log = ctypes.create_string_buffer(size.value)
        self.nvrtc.nvrtcGetProgramLog(program, log)
        assert code == 0, log.value.decode()
        self.nvrtc.nvrtcGetCUBINSize(program, ctypes.byref(size))
        cubin = ctypes.create_string_buffer(size.value)
        assert self.nvrtc.nvrtcGetCUBIN(program, cubin) == 0
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        assert self.cuda.cuModuleLoadData(ctypes.byref(module), cubin) == 0
        assert self.cuda.cuModuleGetFunction(ctypes.byref(function), module, name.encode()) == 0
        self.functions[key] = function
        return function

    def launch(self, file, name, grid, block, shared, arguments, defines=()):
        function = self.function(file, name, defines)
        if shared > 48 << 10:
            assert self.cuda.cuFuncSetAttribute(function, 8, shared) == 0
        places = (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(a) for a in arguments])
        code = self.cuda.cuLaunchKernel(
            function,
            *grid,
            *block,
            shared,
            ctypes.c_void_p(self.torch.cuda.current_stream().cuda_stream),
            places,
            None,
        )
        assert code == 0, (name, code)


device = Host(options.host) if options.host else Device()
up, down = device.up, device.down


def run(file, name, grid, block, *arguments, shared=0, defines=()):
    """Launches a kernel. Arrays of numpy go up and live on; None is a null pointer."""
    words = []
    for argument in arguments:
        if isinstance(argument, ctypes._SimpleCData) or isinstance(argument, ctypes.Array):
            words.append(argument)
        elif argument is None:
            words.append(u64(0))
        else:
            if isinstance(argument, np.ndarray) and not options.host:
                argument = keep(up(argument))
            words.append(u64(device.pointer(argument)))
    grid, block = tuple(grid) + (1,) * (3 - len(grid)), tuple(block) + (1,) * (3 - len(block))
    device.launch(file, name, grid, block, shared, words, defines)


def brains(x):
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where((bits & 0x7FFFFFFF) > 0x7F800000, ((bits >> 16) | 0x40).astype(np.uint16), rounded)


floats = lambda b: (np.asarray(b).view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def poisoned(shape, dtype=np.float32):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return up(np.full(size, 0xFF, np.uint8).view(dtype).reshape(shape))


normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)

failures, results = 0, []


def check(what, got, want, tolerance):
    """‖got − want‖/‖want‖, NaNs in the same places."""
    global failures
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    same = np.array_equal(np.isnan(got), np.isnan(want))
    mask = np.isfinite(want)
    same = same and np.array_equal(got[~mask & ~np.isnan(want)], want[~mask & ~np.isnan(want)])
    error = np.linalg.norm(got[mask] - want[mask]) / max(np.linalg.norm(want[mask]), 1e-300) if mask.any() else 0
    ok = same and error <= tolerance
    failures += not ok
    results.append((what, error, tolerance, ok))
    if not ok:
        print("FAILED", what, "error", error, "allowed", tolerance, "NaN places", same)


def check_same(what, got, want):
    global failures
    ok = np.array_equal(got, want)
    failures += not ok
    results.append(
        (what, (float(np.mean(np.asarray(got) != np.asarray(want))) if np.shape(got) == np.shape(want) else 1), 0, ok)
    )
    if not ok:
        print("FAILED", what, "differs in", results[-1][1])


# MARK: norms.cu
def check_norms():
    for rows, heads, width in ((5, 1, 577), (3, 7, 33), (2, 1, 8192)):
        x, gain = normal(rows, heads * width), normal(width)
        x[0, 0] = 1e-30
        if rows == 5:
            x[1, 3] = np.nan
            x[2, 5] = np.inf
        r = x.reshape(rows, heads, width).astype(np.float64)
        with np.errstate(all="ignore"):
            want = (r / np.sqrt((r * r).mean(-1, keepdims=True) + 1e-5) * gain).reshape(rows, -1)
        if rows == 5:
            want[2] = np.where(np.arange(width) == 5, np.nan, 0)
        a, b = poisoned(x.shape), poisoned(x.shape, np.uint16)
        for brain, plain in ((None, a), (b, None)):
            run("norms.cu", "rms_norm", (rows * heads,), (256,), x, gain, brain, plain, i32(width), f32(1e-5))
        check(f"rms_norm {rows}x{heads}x{width}", down(a), want, 1e-6)
        check(f"rms_norm bf16 {rows}x{heads}x{width}", floats(down(b)), want, 4e-3)
    for rows, heads, width, half in ((9, 3, 20, 10), (4, 5, 64, 16)):
        x, positions = normal(rows, heads * width), rng.integers(0, 50, rows).astype(np.int32)
        positions[2] = -1
        angle = np.arange(50)[:, None] * rng.random(half)
        c, s = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        want = x.reshape(rows, heads, width).astype(np.float64).copy()
        first, second = want[..., :half].copy(), want[..., half : 2 * half].copy()
        cp, sp = c[positions][:, None], s[positions][:, None]
        want[..., :half], want[..., half : 2 * half] = (first * cp - second * sp, second * cp + first * sp)
        want[2] = x[2].reshape(heads, width)
        a = up(x)
        run("norms.cu", "rotate", (rows,), (256,), a, c, s, positions, i32(heads), i32(width), i32(half))
        check(f"rotate {rows}x{heads}x{width}", down(a), want.reshape(rows, -1), 1e-6)
    g, u = normal(7, 1001) * 5, normal(7, 1001) * 5
    g[0, :4] = (-200, 200, np.nan, 0)
    with np.errstate(all="ignore"):
        sigma = lambda t: 1 / (1 + np.exp(-t.astype(np.float64)))
        G, U = g.astype(np.float64), u.astype(np.float64)
        cg, cu = np.minimum(G, 7), np.clip(U, -7, 7)
        wants = (
            G * sigma(g) * U,
            0.5 * G * (1 + np.tanh(np.sqrt(2 / np.pi) * (G + 0.044715 * G**3))) * U,
            (cu + 1) * cg * sigma(1.702 * cg),
        )
    for kind, want in enumerate(wants):
        a, b = poisoned(g.shape), poisoned(g.shape, np.uint16)
        for brain, plain in ((None, a), (b, None)):
            run(
                "norms.cu",
                "gated_activation",
                (5,),
                (256,),
                g,
                u,
                brain,
                plain,
                i64(g.size),
                i32(kind),
                f32(1.702),
                f32(7),
            )
        check(f"gated_activation {kind}", down(a), want, 2e-6)
        check(f"gated_activation {kind} bf16", floats(down(b)), want, 4e-3)
    x = normal(3, 333) * 40
    a = up(x)
    run("norms.cu", "soft_cap", (2,), (256,), a, f32(30), i64(x.size))
    check("soft_cap", down(a), 30 * np.tanh(x.astype(np.float64) / 30), 1e-6)


held = []


def keep(array):
    held.append(array)
    if len(held) > 4000:
        del held[:2000]
    return array


# MARK: elements.cu and reductions.cu
def check_elements():
    x, y = normal(13, 517), normal(13, 517)
    x[0, 0], x[1, 1], x[2, 2], x[3, 3] = np.nan, np.inf, 3.4e38, 1e-40
    b, f = poisoned(x.shape, np.uint16), poisoned(x.shape)
    run("elements.cu", "floats_to_brains", (3,), (256,), x, b, i64(x.size))
    check("floats_to_brains", floats(down(b)), floats(brains(x)), 0)
    run("elements.cu", "brains_to_floats", (3,), (256,), b, f, i64(x.size))
    check("brains_to_floats", down(f), floats(brains(x)), 0)
    # Of rows of 517 and of 520 numbers, the latter four at a time: parts 0, 1, 2 below each other, and the
    # six of a product's left side beside each other.
    for columns in (517, 520):
        wide = normal(13, 520)
        parts = poisoned((3, 13, columns), np.uint16)
        run(
            "elements.cu",
            "split_floats",
            (13,),
            (256,),
            wide,
            parts,
            i32(columns),
            i64(520),
            i64(columns),
            i64(13 * columns),
            i32(3),
            i32(0b100100),
        )
        split = floats(down(parts)).astype(np.float64)
        check(f"split_floats {columns}", split.sum(0), wide[:, :columns], 2.0**-24)
        joined, order = poisoned((13, 6, columns), np.uint16), (2, 0, 1, 1, 0, 0)
        run(
            "elements.cu",
            "split_floats",
            (13,),
            (256,),
            wide,
            joined,
            i32(columns),
            i64(520),
            i64(6 * columns),
            i64(columns),
            i32(6),
            i32(sum(part << 2 * place for place, part in enumerate(order))),
        )
        want = np.stack([split[part] for part in order], 1)
        check(f"split_floats {columns}, joined", floats(down(joined)), want, 0)
    x = normal(13, 517)
    f = poisoned(x.shape)
    run("elements.cu", "subtract", (3,), (256,), x, y, f, i64(x.size))
    check("subtract", down(f), x - y, 0)
    f = up(x)
    run("elements.cu", "add", (3,), (256,), y, f, i64(x.size))
    check("add", down(f), x + y, 0)
    f = up(x)
    run("elements.cu", "scale", (3,), (256,), f, f32(0.3), i64(x.size))
    check("scale", down(f), x * np.float32(0.3), 0)
    f = poisoned(x.shape)
    run("elements.cu", "fill_rows", (13,), (256,), y[0], f, i32(517))
    check("fill_rows", down(f), np.tile(y[0], (13, 1)), 0)
    order = rng.permutation(13).astype(np.int32)[:9]
    f = poisoned((9, 517))
    run("elements.cu", "gather_rows", (9,), (256,), x, order, f, i32(517))
    check("gather_rows", down(f), x[order], 0)
    f = up(x)
    weights = normal(9)
    run("elements.cu", "scatter_add", (9,), (256,), y[:9], order, weights, f, i32(517))
    want = x.astype(np.float64).copy()
    want[order] += weights[:, None] * y[:9]
    check("scatter_add", down(f), want, 1e-7)
    order = rng.permutation(517).astype(np.int32)
    for kind, dtype in (("f32", np.float32), ("f64", np.float64)):
        f = poisoned(x.shape, dtype)
        run("elements.cu", "gather_columns_" + kind, (13,), (256,), x, order, f, i32(517))
        check("gather_columns_" + kind, down(f), x[:, order], 0)
    f = up(x)
    run("elements.cu", "clear_columns", (13,), (256,), f, order[:5], i32(5), i32(517))
    want = x.copy()
    want[:, order[:5]] = 0
    check("clear_columns", down(f), want, 0)
    bad = x.copy()
    bad[2, 5], bad[4, 516], bad[7, 0] = np.nan, -np.inf, 3e38
    for kind, array in (("f32", bad), ("bf16", brains(bad))):
        flags, out = poisoned((13,), np.int32), poisoned(array.shape, array.dtype)
        run("elements.cu", "find_bad_rows_" + kind, (13,), (256,), array, flags, i32(517))
        want = np.isin(np.arange(13), (2, 4, 7))
        check_same("find_bad_rows_" + kind, down(flags), want.astype(np.int32))
        run("elements.cu", "clear_bad_rows_" + kind, (13,), (256,), array, flags, out, i32(517))
        want = np.where(want[:, None], array.dtype.type(0), array)
        check_same("clear_bad_rows_" + kind, down(out).view(array.dtype), want)
        partial = poisoned((7,), np.int32)
        run("reductions.cu", "count_non_finite_" + kind, (7,), (256,), array, partial, i64(array.size))
        check_same("count_non_finite_" + kind, down(partial).sum(), np.int32(2))
    for columns in (512, 517):
        array = brains(np.ascontiguousarray(bad[:, 517 - columns :]))
        want = np.isin(np.arange(13), (2, 4, 7) if columns == 517 else (2, 4))
        flags, out = poisoned((13,), np.int32), poisoned(array.shape, array.dtype)
        run("elements.cu", "take_finite_rows", (13,), (256,), array, out, flags, i32(columns))
        check_same(f"take_finite_rows {columns} flags", down(flags), want.astype(np.int32))
        want = np.where(want[:, None], array.dtype.type(0), array)
        check_same(f"take_finite_rows {columns}", down(out).view(array.dtype), want)
    rows, columns = np.float32([0.5, 2, 1]), (1 / np.arange(1, 301)).astype(np.float32)
    out = poisoned((3, 300), np.uint16)
    run("random.cu", "random_weights", (3,), (256,), out, rows, columns, i64(11), i64(77), i32(300))
    state = np.uint64(11) + np.arange(3, dtype=np.uint64)[:, None] * np.uint64(77)
    with np.errstate(over="ignore"):
        state = state + np.arange(1, 301, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ state >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ state >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    total = sum((state >> np.uint64(shift) & np.uint64(0xFFFF)).astype(np.int64) for shift in (0, 16, 32))
    noise = total.astype(np.float32) / np.float32(65536) - np.float32(1.5)
    check_same("random_weights", down(out).view(np.uint16), brains(noise * rows[:, None] * columns))
    a, b2 = normal(100003), normal(100003)
    for name, inputs, want in (
        ("squared_norm", (a,), (a.astype(np.float64) ** 2).sum()),
        ("squared_distance", (a, b2), ((a.astype(np.float64) - b2) ** 2).sum()),
        ("dot", (a, b2), (a.astype(np.float64) * b2).sum()),
    ):
        partial, out, again = (poisoned((40,), np.float64), poisoned((1,), np.float64), poisoned((1,), np.float64))
        for target in (out, again):
            run("reductions.cu", name, (40,), (256,), *inputs, partial, i64(a.size))
            run("reductions.cu", "finish_sum", (1,), (256,), partial, target, i64(40))
        check(name, down(out), [want], 1e-12)
        check_same(name + " again", down(again), down(out))
    counts, out = rng.integers(0, 2, 1000).astype(np.int32), poisoned((1,), np.int64)
    run("reductions.cu", "finish_count", (1,), (256,), counts, out, i64(1000))
    check_same("finish_count", down(out), [counts.sum()])
    for poison in (False, True):
        if poison:
            a[77] = np.nan
        partial, out = poisoned((40,)), poisoned((1,))
        run("reductions.cu", "largest_magnitude", (40,), (256,), a, partial, i64(a.size))
        run("reductions.cu", "largest_magnitude", (1,), (256,), partial, out, i64(40))
        check("largest_magnitude", down(out), [np.abs(a).max()], 0)


# MARK: hessians.cu
def check_hessians():
    for n in (1, 37, 130):
        x = normal(n, n)
        f = up(x)
        run("hessians.cu", "mirror_upper", ((n + 31) // 32, (n + 31) // 32), (32, 8), f, i32(n), f32(0.5))
        check(f"mirror_upper {n}", down(f), np.float32(0.5) * (np.triu(x) + np.triu(x, 1).T), 0)
        h, order = x + x.T, rng.permutation(n).astype(np.int32)
        d = rng.random(n)
        for kind, dtype in (("f32", np.float32), ("f64", np.float64)):
            f = poisoned((n,), dtype)
            run("hessians.cu", "diagonal_" + kind, (1,), (256,), h.astype(dtype), f, i32(n))
            check(f"diagonal_{kind} {n}", down(f), np.diag(h), 0)
        want = h[np.ix_(order, order)].astype(np.float64)
        np.fill_diagonal(want, d)
        want = want[::-1, ::-1]
        for kind, dtype in (("f32", np.float32), ("f64", np.float64)):
            f = poisoned((n, n), dtype)
            run("hessians.cu", "order_and_flip_" + kind, (n,), (256,), h, order, d, f, i32(n))
            check(f"order_and_flip_{kind} {n}", down(f), want.astype(dtype), 0)
            f = up(x.astype(dtype))
            run("hessians.cu", "flip_" + kind, (3,), (256,), f, i64(n * n))
            check(f"flip_{kind} {n}", down(f), x[::-1, ::-1], 0)
            for above in (0, 1):
                f = up(x.astype(dtype))
                run("hessians.cu", "clear_triangle_" + kind, (n,), (256,), f, i32(n), i32(above))
                check(f"clear_triangle_{kind} {n}", down(f), np.tril(x) if above else np.triu(x), 0)
            f = poisoned((n, n), dtype)
            run("hessians.cu", "reorder_" + kind, (n,), (256,), x, order, f, i32(n))
            check(f"reorder_{kind} {n}", down(f), x[np.ix_(order, order)], 0)
            f = up(x.astype(dtype))
            run("hessians.cu", "keep_above_" + kind, (n,), (256,), f, (f32 if kind == "f32" else f64)(0.25), i32(n))
            check(f"keep_above_{kind} {n}", down(f), 0.25 * np.triu(x, 1), 0)
        kept = order[: (n + 1) // 2]
        f = poisoned((kept.size, kept.size), np.float64)
        run("hessians.cu", "gather_symmetric", (kept.size,), (256,), h, kept, f, i32(kept.size), i32(n))
        check(f"gather_symmetric {n}", down(f), h[np.ix_(kept, kept)], 0)


# MARK: grids.cu and columns.cu
def stored(scale, dtype):
    with np.errstate(over="ignore"):
        if dtype == 0:
            return np.clip(np.float32(np.float16(scale)), np.float32(5.9604644775390625e-8), np.float32(65504))
    if dtype == 1:
        return np.float32(floats(brains(np.array([scale])))[0])
    return np.float32(scale)


def fit(values, sym, top, dtype, real):
    low, high = min(0, np.nanmin(values)), max(0, np.nanmax(values))
    low, high = real(low), real(high)
    if sym:
        high = max(-low, high)
        if low < 0:
            low = -high
    if low == 0 and high == 0:
        low, high = real(-1), real(1)
    scale = stored(np.float32((high - low) / real(top)), dtype)
    if sym:
        return scale, (top + 1) // 2
    return scale, int(np.clip(np.rint(-low / real(scale)), 0, top))


def fit_all(w, size, sym, top, dtype):
    groups = (w.shape[1] + size - 1) // size
    pairs = [
        [fit(w[r, g * size : (g + 1) * size], sym, top, dtype, w.dtype.type) for g in range(groups)]
        for r in range(w.shape[0])
    ]
    return np.array([[p[0] for p in row] for row in pairs], np.float32), np.array(
        [[p[1] for p in row] for row in pairs], np.int32
    )


def check_grids():
    for rows, columns, size, sym, bits, dtype in (
        (11, 300, 64, 0, 4, 0),
        (9, 128, 128, 1, 8, 1),
        (5, 77, 77, 0, 3, 2),
        (4, 96, 32, 1, 2, 0),
    ):
        w = normal(rows, columns)
        w[1, :size] = 0
        w[2] = np.abs(w[2])
        w[0] *= 1e-9
        if rows == 11:
            w[3, 5] = np.nan
        top, groups = 2**bits - 1, (columns + size - 1) // size
        for kind, dt in (("f32", np.float32), ("f64", np.float64)):
            ws = w.astype(dt)
            want = fit_all(ws, size, sym, top, dtype)
            s, z = poisoned((rows, groups)), poisoned((rows, groups), np.int32)
            run(
                "grids.cu",
                "fit_grids_" + kind,
                ((rows * groups + 7) // 8,),
                (256,),
                ws,
                i64(rows),
                i64(columns),
                i32(size),
                i32(0),
                i32(groups),
                i32(groups),
                i32(sym),
                i32(top),
                i32(dtype),
                s,
                z,
            )
            check_same(f"fit_grids_{kind} scales {rows}x{columns}", down(s), want[0])
            check_same(f"fit_grids_{kind} zeros {rows}x{columns}", down(z), want[1])
        codes, index = rng.integers(0, top + 1, (rows, columns)).astype(np.uint8), (
            np.arange(columns) // size
        ).astype(np.int32)
        want = want[0][:, index] * (codes.astype(np.int32) - want[1][:, index]).astype(np.float32)
        f, b = poisoned((rows, columns)), poisoned((rows, columns), np.uint16)
        for brain, plain in ((None, f), (b, None)):
            run(
                "grids.cu", "dequantize", (rows,), (256,), codes, s, z, index, brain, plain, i32(columns), i32(groups)
            )
        check("dequantize", down(f), want, 0)
        check("dequantize bf16", floats(down(b)), floats(brains(want)), 0)
        order, out = rng.permutation(columns).astype(np.int32), poisoned((rows, columns), np.uint8)
        run("grids.cu", "scatter_codes", (rows,), (256,), codes, order, out, i32(columns))
        want = np.empty_like(codes)
        want[:, order] = codes
        check_same("scatter_codes", down(out), want)


def column_block(pointers, rows, columns, groups, first, width, top, stride=128):
    return (ctypes.c_uint64 * 17)(
        *pointers, rows, columns, stride, (groups & 0xFFFFFFFF) | first << 32, width | top << 32
    )


def check_columns():
    for rows, columns, size, sym, bits, real, corrects, plain in (
        (13, 300, 64, 0, 4, np.float32, 0, 0),
        (9, 257, 128, 1, 8, np.float64, 0, 0),
        (6, 200, 50, 0, 3, np.float32, 1, 0),
        (5, 130, 130, 1, 2, np.float64, 1, 0),
        (7, 100, 32, 0, 4, np.float32, 0, 1),
    ):
        kind = "f32" if real is np.float32 else "f64"
        w = normal(rows, columns).astype(real)
        x = normal(3 * columns, columns).astype(np.float64)
        h = x.T @ x / len(x) + 0.01 * np.eye(columns)
        u = np.linalg.cholesky(np.linalg.inv(h)).T.astype(real)  # upper, UᵀU = H⁻¹
        p = (0.05 * np.triu(normal(columns, columns), 1)).astype(real)
        top, groups = 2**bits - 1, (columns + size - 1) // size
        scales, zeros = fit_all(w, size, sym, top, 0)
        index = (np.arange(columns) // size).astype(np.int32)
        # One block of at most 128 columns that begins in the middle, by the same operations in the same order.
        first = 32 if columns > 160 else 0
        width = min(128, columns - first)
        want, taken, error, value, codes, loss, clipped = (
            w.copy(),
            np.zeros((rows, 128), real),
            np.zeros((rows, 128), real),
            np.zeros((rows, 128), real),
            np.zeros((rows, columns), np.uint8),
            np.zeros(rows, real),
            np.zeros(rows, np.int32),
        )
        for j in range(first, first + width):
            s, z = scales[:, index[j]].astype(real), zeros[:, index[j]].astype(real)
            now = taken[:, j - first] = want[:, j].copy()
            steps = now / s
            q = np.rint(np.clip(steps, -z, top - z))
            d = real(1) if plain else u[j, j]
            e = (now - q * s) / d
            loss += e * e
            clipped += (steps > top - z + real(0.5)) | (steps < -z - real(0.5))
            codes[:, j], error[:, j - first], value[:, j - first] = ((q + z).astype(np.uint8), e, q * s)
            if plain:
                continue
            later = slice(j + 1, first + width)
            want[:, later] = want[:, later] - e[:, None] * u[j, later]
            if corrects:
                want[:, later] = want[:, later] + now[:, None] * p[j, later]
        W, U, C = keep(up(w)), keep(up(u)), keep(up(p))
        e_, v_, t_ = (poisoned((rows, 128), real) for _ in range(3))
        c_, l_, k_ = (poisoned((rows, columns), np.uint8), up(np.zeros(rows)), up(np.zeros(rows, np.int32)))
        S, Z, G = keep(up(scales)), keep(up(zeros)), keep(up(index))
        pointer = device.pointer
        block = column_block(
            (
                pointer(W),
                0 if plain else pointer(U),
                pointer(C) if corrects else 0,
                pointer(S),
                pointer(Z),
                pointer(G),
                pointer(e_),
                pointer(v_),
                pointer(t_),
                pointer(c_),
                pointer(l_),
                pointer(k_),
            ),
            rows,
            columns,
            groups,
            first,
            width,
            top,
        )
        run(
            "columns.cu",
            "quantize_columns_" + kind,
            (-(-rows // (16 if kind == "f64" else 32)),),
            (256,),
            block,
            shared=128 * 128 * np.dtype(real).itemsize + 512,
        )
        name = f"quantize_columns_{kind} {rows}x{columns}"
        part = slice(first, first + width)
        check_same(name + " codes", down(c_)[:, part], codes[:, part])
        if not plain:
            check_same(name + " errors", down(e_)[:, :width], error[:, :width])
        if corrects:
            check_same(name + " values", down(v_)[:, :width], value[:, :width])
        check_same(name + " taken", down(t_)[:, :width], taken[:, :width])
        check(name + " loss", down(l_), loss, 1e-6)
        check_same(name + " clipped", down(k_), clipped)


# MARK: tokens.cu
def check_tokens():
    rows, vocabulary, tile = 6, 1500, 700
    a, b, targets = (
        normal(rows, vocabulary) * 4,
        normal(rows, vocabulary) * 4,
        rng.integers(0, vocabulary, rows).astype(np.int32),
    )
    a[1, 3] = a[1, 900] = 50
    b[2] = a[2]
    a[4] -= 1000
    states = poisoned((rows, 8), np.float64)
    run("tokens.cu", "start_tokens", (1,), (256,), states, i64(rows))
    for first in range(0, vocabulary, tile):
        count = min(tile, vocabulary - first)
        A, B = keep(up(a[:, first : first + count])), keep(up(b[:, first : first + count]))
        run("tokens.cu", "update_tokens", (rows,), (256,), A, B, i64(count), i32(count), i32(first), targets, states)
    state = down(states)
    A, B = a.astype(np.float64), b.astype(np.float64)
    lse = lambda t: np.log(np.exp(t - t.max(1, keepdims=True)).sum(1)) + t.max(1)
    check("tokens lse base", state[:, 0] + np.log(state[:, 1]), lse(A), 1e-8)
    check("tokens lse trial", state[:, 3] + np.log(state[:, 4]), lse(B), 1e-8)
    check_same("tokens top base", state[:, 2].copy().view(np.int32)[::2], a.argmax(1))
    check_same("tokens top trial", state[:, 5].copy().view(np.int32)[::2], b.argmax(1))
    p = np.exp(A - lse(A)[:, None])
    check("tokens kld", state[:, 6] / state[:, 1] - lse(A) + lse(B), (p * (A - B)).sum(1) - lse(A) + lse(B), 1e-6)
    own = state[:, 7].copy().view(np.float32).reshape(rows, 2)
    check_same("tokens targets", own, np.stack([a[np.arange(rows), targets], b[np.arange(rows), targets]], 1))


# MARK: attention.cu
task_type = np.dtype(
    [
        ("query", np.int64),
        ("key", np.int64),
        ("queries", np.int32),
        ("keys", np.int32),
        ("position", np.int32),
        ("pad", np.int32),
    ]
)


def attention_shape(heads, kv, d, scale, cap, span):
    block = (ctypes.c_uint8 * 56)()
    ctypes.memmove(
        block,
        np.array([heads, kv], np.int32).tobytes()
        + np.array([heads * d, kv * d, kv * d, heads * d], np.int64).tobytes()
        + np.array([scale, cap], np.float32).tobytes()
        + np.array([span, 0], np.int32).tobytes(),
        56,
    )
    return block


attention_threads = lambda d: (128 if (d + 15) // 16 * 16 <= 128 else 256,)


def attention_shared(d):
    return (128 + 4 * 64) * ((d + 15) // 16 * 16 + 8) * 2


def tasks_of(windows):
    tasks = [
        (q0 + i, k0, min(128, q1 - q0 - i), k1 - k0, p + i, 0)
        for q0, q1, k0, k1, p in windows
        for i in range(0, q1 - q0, 128)
    ]
    return np.array(sorted(tasks, key=lambda t: -t[4]), task_type)


def attention_reference(q, k, v, windows, heads, kv, d, scale, cap, span, sinks):
    out = np.zeros((q.shape[0], heads * d))
    for q0, q1, k0, k1, p in windows:
        for h in range(heads):
            Q, K, V = (
                q[q0:q1, h * d : (h + 1) * d],
                k[k0:k1, h // (heads // kv) * d :][:, :d],
                v[k0:k1, h // (heads // kv) * d :][:, :d],
            )
            s = Q @ K.T * scale
            if cap:
                s = cap * np.tanh(s / cap)
            own, key = p + np.arange(q1 - q0)[:, None], np.arange(k1 - k0)[None]
            s[(key > own) | (key <= own - span if span else False)] = -np.inf
            top = np.maximum(s.max(1), sinks[h]) if sinks is not None else s.max(1)
            e = np.exp(s - top[:, None])
            total = e.sum(1) + (np.exp(sinks[h] - top) if sinks is not None else 0)
            out[q0:q1, h * d : (h + 1) * d] = e / total[:, None] @ V
    return out


def check_attention():
    cases = [
        (2, 1, 0, 0, False, [(0, 70, 0, 70, 0), (70, 75, 70, 75, 0)]),
        (4, 2, 0, 33, False, [(0, 200, 0, 200, 0)]),
        (2, 2, 15.0, 0, True, [(0, 30, 0, 130, 100), (30, 31, 130, 131, 0)]),
        (2, 1, 0, 7, True, [(0, 140, 0, 150, 10)]),
    ]
    for d in device.widths:
        for heads, kv, cap, span, sinking, windows in cases[: 2 if options.host and d == 144 else 4]:
            rows, keys = windows[-1][1], windows[-1][3]
            q, k, v = (brains(normal(rows, heads * d)), brains(normal(keys, kv * d)), brains(normal(keys, kv * d)))
            sinks = normal(heads) if sinking else None
            scale = d**-0.5 * 1.5
            tasks = tasks_of(windows)
            out = poisoned((rows, heads * d), np.uint16)
            run(
                "attention.cu",
                "attention",
                (len(tasks), heads),
                attention_threads(d),
                q,
                k,
                v,
                out,
                tasks,
                sinks,
                attention_shape(heads, kv, d, scale, cap, span),
                shared=attention_shared(d),
                defines=[f"HEAD_WIDTH={d}"],
            )
            want = attention_reference(
                *[floats(t).astype(np.float64) for t in (q, k, v)], windows, heads, kv, d, scale, cap, span, sinks
            )
            check(
                f"attention {d} heads {heads}/{kv} cap {cap} span {span} sinks {sinking}",
                floats(down(out)),
                want,
                6e-3,
            )


def check_all():
    started = time.time()
    for part in (
        check_norms,
        check_elements,
        check_hessians,
        check_grids,
        check_columns,
        check_tokens,
        check_attention,
    ):
        part()
    print(
        f"{len(results) - failures} of {len(results)} checks hold, {time.time() - started:.1f} s; largest error over what is allowed: "
        + ", ".join(
            f"{w} {e:.1e}/{t:.0e}"
            for w, e, t, _ in sorted((r for r in results if r[2]), key=lambda r: -r[1] / r[2])[:5]
        )
    )
    return failures == 0


if __name__ == "__main__":
    sys.exit(0 if check_all() else 1)
