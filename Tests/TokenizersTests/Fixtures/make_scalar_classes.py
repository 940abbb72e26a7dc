"""Asks HF tokenizers for the class of every Unicode scalar and writes ScalarClassTable.swift.

usage: python make_scalar_classes.py OUTPUT.swift        (tokenizers 0.23)

Its regular expressions (Oniguruma), its `\\w`, its punctuation and its digits come from four
Unicode tables of different ages; asking the library itself is the only way to agree with it.
"""
import sys

import tokenizers
from tokenizers import Regex, pre_tokenizers

NAMES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co "
         "Cn").split()
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
TEXT = "".join(map(chr, SCALARS))


def matched(pattern):
    """1 for each scalar that `pattern` matches alone."""
    flags = bytearray(b"\x01") * len(SCALARS)
    for _, (start, end) in pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(TEXT):
        flags[start:end] = bytes(end - start)
    return flags


def splits_off(pre_tokenizer):
    """1 for each scalar that `pre_tokenizer` separates from a letter before it."""
    flags = bytearray(len(SCALARS))
    for first in range(0, len(SCALARS), 20000):
        block = SCALARS[first : first + 20000]
        text = " ".join("a" + chr(c) for c in block)
        starts = {span[0] for _, span in pre_tokenizer.pre_tokenize_str(text)}
        for index in range(len(block)):
            flags[first + index] = 3 * index + 1 in starts
    return flags


def main():
    space = matched(r"\s")
    word = matched(r"\w")
    punctuation = splits_off(pre_tokenizers.Punctuation())
    digit = splits_off(pre_tokenizers.Digits(individual_digits=True))
    table = bytearray([NAMES.index("Cs")]) * 0x110000
    for number, name in enumerate(NAMES):
        if name == "Cs":
            continue
        for index, hit in enumerate(matched(r"\p{%s}" % name)):
            if hit:
                table[SCALARS[index]] = number
    for index, scalar in enumerate(SCALARS):
        table[scalar] |= word[index] << 5
        if not space[index]:
            table[scalar] |= punctuation[index] << 6 | digit[index] << 7
    runs, start = [], 0
    for scalar in range(1, 0x110001):
        if scalar == 0x110000 or table[scalar] != table[start]:
            runs.append(f"{scalar - start:x} {table[start]:x}")
            start = scalar
    lines, line = [], ""
    for run in runs:
        if len(line) + len(run) > 95:
            lines.append(line)
            line = ""
        line += (" " if line else "") + run
    lines.append(line)
    with open(sys.argv[1], "w") as out:
        out.write(
            f"// Made by Tests/TokenizersTests/Fixtures/make_scalar_classes.py with tokenizers "
            f"{tokenizers.__version__}.\n\n"
            "/// The class of every Unicode scalar as runs of (length, class), in hexadecimal: bits 0\n"
            "/// to 4 the general category in the order of `GeneralCategory`, bit 5 Oniguruma's `\\w`,\n"
            "/// bit 6 punctuation and bit 7 a digit as HF's pre-tokenizers see them.\n"
            'let scalarClassRuns = """\n')
        for line in lines:
            out.write(f"  {line}\n")
        out.write('  """\n')


main()
