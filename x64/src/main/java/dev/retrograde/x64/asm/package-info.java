/// An x86-64 assembler: instructions and operands in, bytes out.
///
/// The vector instructions are data, one row each in [dev.retrograde.x64.asm.VOp]; the choice
/// between the VEX and the EVEX encoding is made for each instruction from its operands. Register
/// allocation, scheduling and anything that knows what the code is for do not belong here, and
/// neither does memory that code runs in.
///
/// Start with [dev.retrograde.x64.asm.Assembler], then the table in `VOp`, then `VectorEncoder` for
/// the prefixes. The encodings follow volume 2 of the Intel 64 and IA-32 Architectures Software
/// Developer's Manual.
@NullMarked
package dev.retrograde.x64.asm;

import org.jspecify.annotations.NullMarked;
