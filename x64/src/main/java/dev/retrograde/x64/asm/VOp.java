package dev.retrograde.x64.asm;

import static dev.retrograde.x64.asm.Enc.E0;
import static dev.retrograde.x64.asm.Enc.E1;
import static dev.retrograde.x64.asm.Enc.V0;
import static dev.retrograde.x64.asm.Enc.V0E0;
import static dev.retrograde.x64.asm.Enc.V0E1;
import static dev.retrograde.x64.asm.Enc.V1;
import static dev.retrograde.x64.asm.Enc.V1E1;
import static dev.retrograde.x64.asm.Form.CMP;
import static dev.retrograde.x64.asm.Form.CMPI;
import static dev.retrograde.x64.asm.Form.GATHER;
import static dev.retrograde.x64.asm.Form.GM;
import static dev.retrograde.x64.asm.Form.KM;
import static dev.retrograde.x64.asm.Form.MR;
import static dev.retrograde.x64.asm.Form.MRI;
import static dev.retrograde.x64.asm.Form.RG;
import static dev.retrograde.x64.asm.Form.RK;
import static dev.retrograde.x64.asm.Form.RM;
import static dev.retrograde.x64.asm.Form.RMI;
import static dev.retrograde.x64.asm.Form.RVG;
import static dev.retrograde.x64.asm.Form.RVM;
import static dev.retrograde.x64.asm.Form.RVMI;
import static dev.retrograde.x64.asm.Form.RVMR;
import static dev.retrograde.x64.asm.Form.SCATTER;
import static dev.retrograde.x64.asm.Form.VMI;
import static dev.retrograde.x64.asm.Tuple.B16;
import static dev.retrograde.x64.asm.Tuple.B32;
import static dev.retrograde.x64.asm.Tuple.EVEN;
import static dev.retrograde.x64.asm.Tuple.FULL;
import static dev.retrograde.x64.asm.Tuple.HALF;
import static dev.retrograde.x64.asm.Tuple.MEM;
import static dev.retrograde.x64.asm.Tuple.MEM2;
import static dev.retrograde.x64.asm.Tuple.MEM4;
import static dev.retrograde.x64.asm.Tuple.MEM8;
import static dev.retrograde.x64.asm.Tuple.NARROW;
import static dev.retrograde.x64.asm.Tuple.NONE;
import static dev.retrograde.x64.asm.Tuple.ONE;
import static dev.retrograde.x64.asm.Tuple.PACKED;
import static dev.retrograde.x64.asm.VOpColumns.M0F;
import static dev.retrograde.x64.asm.VOpColumns.M38;
import static dev.retrograde.x64.asm.VOpColumns.M3A;
import static dev.retrograde.x64.asm.VOpColumns.NP;
import static dev.retrograde.x64.asm.VOpColumns.P66;
import static dev.retrograde.x64.asm.VOpColumns.PF2;
import static dev.retrograde.x64.asm.VOpColumns.PF3;
import static dev.retrograde.x64.asm.VOpColumns.S;
import static dev.retrograde.x64.asm.VOpColumns.X;
import static dev.retrograde.x64.asm.VOpColumns.XY;
import static dev.retrograde.x64.asm.VOpColumns.XYZ;
import static dev.retrograde.x64.asm.VOpColumns.Y;
import static dev.retrograde.x64.asm.VOpColumns.YZ;
import static dev.retrograde.x64.asm.VOpColumns.Z;

import java.util.Locale;

/// The table of vector instructions.
///
/// A row says: which operands it takes, which encodings it has with the W bit of each, mandatory
/// prefix, opcode map, opcode, what it reads in memory, bytes in an element, and the widths it
/// exists for. A new instruction of a known form is a new row. A name with a suffix after `_` is a
/// second form of the same mnemonic.
///
/// Which processors know an instruction is not said here; as a rule, a row with `V` is AVX, AVX2,
/// FMA or F16C at the widths `X` and `Y`, and any use of EVEX needs AVX-512 F with VL below 512
/// bits, DQ for the float logic and 64-bit conversions, BW for bytes and words.
public enum VOp {
  // Arithmetic on floats.
  VADDPS(RVM, V0E0, NP, M0F, 0x58, FULL, 4, XYZ),
  VADDPD(RVM, V0E1, P66, M0F, 0x58, FULL, 8, XYZ),
  VADDSS(RVM, V0E0, PF3, M0F, 0x58, ONE, 4, S),
  VADDSD(RVM, V0E1, PF2, M0F, 0x58, ONE, 8, S),
  VMULPS(RVM, V0E0, NP, M0F, 0x59, FULL, 4, XYZ),
  VMULPD(RVM, V0E1, P66, M0F, 0x59, FULL, 8, XYZ),
  VMULSS(RVM, V0E0, PF3, M0F, 0x59, ONE, 4, S),
  VMULSD(RVM, V0E1, PF2, M0F, 0x59, ONE, 8, S),
  VSUBPS(RVM, V0E0, NP, M0F, 0x5C, FULL, 4, XYZ),
  VSUBPD(RVM, V0E1, P66, M0F, 0x5C, FULL, 8, XYZ),
  VSUBSS(RVM, V0E0, PF3, M0F, 0x5C, ONE, 4, S),
  VSUBSD(RVM, V0E1, PF2, M0F, 0x5C, ONE, 8, S),
  VMINPS(RVM, V0E0, NP, M0F, 0x5D, FULL, 4, XYZ),
  VMINPD(RVM, V0E1, P66, M0F, 0x5D, FULL, 8, XYZ),
  VMINSS(RVM, V0E0, PF3, M0F, 0x5D, ONE, 4, S),
  VMINSD(RVM, V0E1, PF2, M0F, 0x5D, ONE, 8, S),
  VDIVPS(RVM, V0E0, NP, M0F, 0x5E, FULL, 4, XYZ),
  VDIVPD(RVM, V0E1, P66, M0F, 0x5E, FULL, 8, XYZ),
  VDIVSS(RVM, V0E0, PF3, M0F, 0x5E, ONE, 4, S),
  VDIVSD(RVM, V0E1, PF2, M0F, 0x5E, ONE, 8, S),
  VMAXPS(RVM, V0E0, NP, M0F, 0x5F, FULL, 4, XYZ),
  VMAXPD(RVM, V0E1, P66, M0F, 0x5F, FULL, 8, XYZ),
  VMAXSS(RVM, V0E0, PF3, M0F, 0x5F, ONE, 4, S),
  VMAXSD(RVM, V0E1, PF2, M0F, 0x5F, ONE, 8, S),
  VSQRTPS(RM, V0E0, NP, M0F, 0x51, FULL, 4, XYZ),
  VSQRTPD(RM, V0E1, P66, M0F, 0x51, FULL, 8, XYZ),
  VSQRTSS(RVM, V0E0, PF3, M0F, 0x51, ONE, 4, S),
  VSQRTSD(RVM, V0E1, PF2, M0F, 0x51, ONE, 8, S),
  VFMADD132PS(RVM, V0E0, P66, M38, 0x98, FULL, 4, XYZ),
  VFMADD132PD(RVM, V1E1, P66, M38, 0x98, FULL, 8, XYZ),
  VFMADD132SS(RVM, V0E0, P66, M38, 0x99, ONE, 4, S),
  VFMADD132SD(RVM, V1E1, P66, M38, 0x99, ONE, 8, S),
  VFMADD213PS(RVM, V0E0, P66, M38, 0xA8, FULL, 4, XYZ),
  VFMADD213PD(RVM, V1E1, P66, M38, 0xA8, FULL, 8, XYZ),
  VFMADD213SS(RVM, V0E0, P66, M38, 0xA9, ONE, 4, S),
  VFMADD213SD(RVM, V1E1, P66, M38, 0xA9, ONE, 8, S),
  VFMADD231PS(RVM, V0E0, P66, M38, 0xB8, FULL, 4, XYZ),
  VFMADD231PD(RVM, V1E1, P66, M38, 0xB8, FULL, 8, XYZ),
  VFMADD231SS(RVM, V0E0, P66, M38, 0xB9, ONE, 4, S),
  VFMADD231SD(RVM, V1E1, P66, M38, 0xB9, ONE, 8, S),
  VFMSUB132PS(RVM, V0E0, P66, M38, 0x9A, FULL, 4, XYZ),
  VFMSUB132PD(RVM, V1E1, P66, M38, 0x9A, FULL, 8, XYZ),
  VFMSUB132SS(RVM, V0E0, P66, M38, 0x9B, ONE, 4, S),
  VFMSUB132SD(RVM, V1E1, P66, M38, 0x9B, ONE, 8, S),
  VFMSUB213PS(RVM, V0E0, P66, M38, 0xAA, FULL, 4, XYZ),
  VFMSUB213PD(RVM, V1E1, P66, M38, 0xAA, FULL, 8, XYZ),
  VFMSUB213SS(RVM, V0E0, P66, M38, 0xAB, ONE, 4, S),
  VFMSUB213SD(RVM, V1E1, P66, M38, 0xAB, ONE, 8, S),
  VFMSUB231PS(RVM, V0E0, P66, M38, 0xBA, FULL, 4, XYZ),
  VFMSUB231PD(RVM, V1E1, P66, M38, 0xBA, FULL, 8, XYZ),
  VFMSUB231SS(RVM, V0E0, P66, M38, 0xBB, ONE, 4, S),
  VFMSUB231SD(RVM, V1E1, P66, M38, 0xBB, ONE, 8, S),
  VFNMADD132PS(RVM, V0E0, P66, M38, 0x9C, FULL, 4, XYZ),
  VFNMADD132PD(RVM, V1E1, P66, M38, 0x9C, FULL, 8, XYZ),
  VFNMADD132SS(RVM, V0E0, P66, M38, 0x9D, ONE, 4, S),
  VFNMADD132SD(RVM, V1E1, P66, M38, 0x9D, ONE, 8, S),
  VFNMADD213PS(RVM, V0E0, P66, M38, 0xAC, FULL, 4, XYZ),
  VFNMADD213PD(RVM, V1E1, P66, M38, 0xAC, FULL, 8, XYZ),
  VFNMADD213SS(RVM, V0E0, P66, M38, 0xAD, ONE, 4, S),
  VFNMADD213SD(RVM, V1E1, P66, M38, 0xAD, ONE, 8, S),
  VFNMADD231PS(RVM, V0E0, P66, M38, 0xBC, FULL, 4, XYZ),
  VFNMADD231PD(RVM, V1E1, P66, M38, 0xBC, FULL, 8, XYZ),
  VFNMADD231SS(RVM, V0E0, P66, M38, 0xBD, ONE, 4, S),
  VFNMADD231SD(RVM, V1E1, P66, M38, 0xBD, ONE, 8, S),
  VFNMSUB132PS(RVM, V0E0, P66, M38, 0x9E, FULL, 4, XYZ),
  VFNMSUB132PD(RVM, V1E1, P66, M38, 0x9E, FULL, 8, XYZ),
  VFNMSUB132SS(RVM, V0E0, P66, M38, 0x9F, ONE, 4, S),
  VFNMSUB132SD(RVM, V1E1, P66, M38, 0x9F, ONE, 8, S),
  VFNMSUB213PS(RVM, V0E0, P66, M38, 0xAE, FULL, 4, XYZ),
  VFNMSUB213PD(RVM, V1E1, P66, M38, 0xAE, FULL, 8, XYZ),
  VFNMSUB213SS(RVM, V0E0, P66, M38, 0xAF, ONE, 4, S),
  VFNMSUB213SD(RVM, V1E1, P66, M38, 0xAF, ONE, 8, S),
  VFNMSUB231PS(RVM, V0E0, P66, M38, 0xBE, FULL, 4, XYZ),
  VFNMSUB231PD(RVM, V1E1, P66, M38, 0xBE, FULL, 8, XYZ),
  VFNMSUB231SS(RVM, V0E0, P66, M38, 0xBF, ONE, 4, S),
  VFNMSUB231SD(RVM, V1E1, P66, M38, 0xBF, ONE, 8, S),
  VROUNDPS(RMI, V0, P66, M3A, 0x08, MEM, 4, XY),
  VROUNDPD(RMI, V0, P66, M3A, 0x09, MEM, 8, XY),
  VROUNDSS(RVMI, V0, P66, M3A, 0x0A, ONE, 4, S),
  VROUNDSD(RVMI, V0, P66, M3A, 0x0B, ONE, 8, S),
  VRNDSCALEPS(RMI, E0, P66, M3A, 0x08, FULL, 4, XYZ),
  VRNDSCALEPD(RMI, E1, P66, M3A, 0x09, FULL, 8, XYZ),
  VRNDSCALESS(RVMI, E0, P66, M3A, 0x0A, ONE, 4, S),
  VRNDSCALESD(RVMI, E1, P66, M3A, 0x0B, ONE, 8, S),
  VSCALEFPS(RVM, E0, P66, M38, 0x2C, FULL, 4, XYZ),
  VSCALEFPD(RVM, E1, P66, M38, 0x2C, FULL, 8, XYZ),
  VGETEXPPS(RM, E0, P66, M38, 0x42, FULL, 4, XYZ),
  VGETEXPPD(RM, E1, P66, M38, 0x42, FULL, 8, XYZ),
  VGETMANTPS(RMI, E0, P66, M3A, 0x26, FULL, 4, XYZ),
  VGETMANTPD(RMI, E1, P66, M3A, 0x26, FULL, 8, XYZ),
  VRCPPS(RM, V0, NP, M0F, 0x53, MEM, 4, XY),
  VRSQRTPS(RM, V0, NP, M0F, 0x52, MEM, 4, XY),
  VRCP14PS(RM, E0, P66, M38, 0x4C, FULL, 4, XYZ),
  VRCP14PD(RM, E1, P66, M38, 0x4C, FULL, 8, XYZ),
  VRSQRT14PS(RM, E0, P66, M38, 0x4E, FULL, 4, XYZ),
  VRSQRT14PD(RM, E1, P66, M38, 0x4E, FULL, 8, XYZ),

  // Comparisons and selections. Predicates are those of the manual's table for CMPPS.
  VCMPPS(CMPI, V0E0, NP, M0F, 0xC2, FULL, 4, XYZ),
  VCMPPD(CMPI, V0E1, P66, M0F, 0xC2, FULL, 8, XYZ),
  VCMPSS(CMPI, V0E0, PF3, M0F, 0xC2, ONE, 4, S),
  VCMPSD(CMPI, V0E1, PF2, M0F, 0xC2, ONE, 8, S),
  VUCOMISS(RM, V0E0, NP, M0F, 0x2E, ONE, 4, S),
  VUCOMISD(RM, V0E1, P66, M0F, 0x2E, ONE, 8, S),
  VBLENDVPS(RVMR, V0, P66, M3A, 0x4A, MEM, 4, XY),
  VBLENDVPD(RVMR, V0, P66, M3A, 0x4B, MEM, 8, XY),
  VPBLENDVB(RVMR, V0, P66, M3A, 0x4C, MEM, 1, XY),
  VBLENDPS(RVMI, V0, P66, M3A, 0x0C, MEM, 4, XY),
  VBLENDPD(RVMI, V0, P66, M3A, 0x0D, MEM, 8, XY),
  VPBLENDD(RVMI, V0, P66, M3A, 0x02, MEM, 4, XY),
  VBLENDMPS(RVM, E0, P66, M38, 0x65, FULL, 4, XYZ),
  VBLENDMPD(RVM, E1, P66, M38, 0x65, FULL, 8, XYZ),
  VPBLENDMD(RVM, E0, P66, M38, 0x64, FULL, 4, XYZ),
  VPBLENDMQ(RVM, E1, P66, M38, 0x64, FULL, 8, XYZ),
  VPCMPEQD(CMP, V0E0, P66, M0F, 0x76, FULL, 4, XYZ),
  VPCMPGTD(CMP, V0E0, P66, M0F, 0x66, FULL, 4, XYZ),
  VPCMPEQQ(CMP, V0E1, P66, M38, 0x29, FULL, 8, XYZ),
  VPCMPGTQ(CMP, V0E1, P66, M38, 0x37, FULL, 8, XYZ),
  VPCMPEQB(CMP, V0E0, P66, M0F, 0x74, MEM, 1, XYZ),
  VPCMPEQW(CMP, V0E0, P66, M0F, 0x75, MEM, 2, XYZ),
  VPCMPD(CMPI, E0, P66, M3A, 0x1F, FULL, 4, XYZ),
  VPCMPQ(CMPI, E1, P66, M3A, 0x1F, FULL, 8, XYZ),
  VPCMPUD(CMPI, E0, P66, M3A, 0x1E, FULL, 4, XYZ),
  VPCMPUQ(CMPI, E1, P66, M3A, 0x1E, FULL, 8, XYZ),
  VTESTPS(RM, V0, P66, M38, 0x0E, MEM, 4, XY),
  VTESTPD(RM, V0, P66, M38, 0x0F, MEM, 8, XY),
  VPTEST(RM, V0, P66, M38, 0x17, MEM, 8, XY),
  VPTESTMD(CMP, E0, P66, M38, 0x27, FULL, 4, XYZ),
  VPTESTMQ(CMP, E1, P66, M38, 0x27, FULL, 8, XYZ),
  VMOVMSKPS(GM, V0, NP, M0F, 0x50, MEM, 4, XY),
  VMOVMSKPD(GM, V0, P66, M0F, 0x50, MEM, 8, XY),
  VPMOVMSKB(GM, V0, P66, M0F, 0xD7, MEM, 1, XY),
  VPMOVM2D(RK, E0, PF3, M38, 0x38, MEM, 4, XYZ),
  VPMOVM2Q(RK, E1, PF3, M38, 0x38, MEM, 8, XYZ),
  VPMOVD2M(KM, E0, PF3, M38, 0x39, MEM, 4, XYZ),
  VPMOVQ2M(KM, E1, PF3, M38, 0x39, MEM, 8, XYZ),
  VPMOVM2B(RK, E0, PF3, M38, 0x28, MEM, 1, XYZ),
  VPMOVB2M(KM, E0, PF3, M38, 0x29, MEM, 1, XYZ),

  // Bits.
  VANDPS(RVM, V0E0, NP, M0F, 0x54, FULL, 4, XYZ),
  VANDPD(RVM, V0E1, P66, M0F, 0x54, FULL, 8, XYZ),
  VANDNPS(RVM, V0E0, NP, M0F, 0x55, FULL, 4, XYZ),
  VANDNPD(RVM, V0E1, P66, M0F, 0x55, FULL, 8, XYZ),
  VORPS(RVM, V0E0, NP, M0F, 0x56, FULL, 4, XYZ),
  VORPD(RVM, V0E1, P66, M0F, 0x56, FULL, 8, XYZ),
  VXORPS(RVM, V0E0, NP, M0F, 0x57, FULL, 4, XYZ),
  VXORPD(RVM, V0E1, P66, M0F, 0x57, FULL, 8, XYZ),
  VPAND(RVM, V0, P66, M0F, 0xDB, MEM, 8, XY),
  VPANDD(RVM, E0, P66, M0F, 0xDB, FULL, 4, XYZ),
  VPANDQ(RVM, E1, P66, M0F, 0xDB, FULL, 8, XYZ),
  VPANDN(RVM, V0, P66, M0F, 0xDF, MEM, 8, XY),
  VPANDND(RVM, E0, P66, M0F, 0xDF, FULL, 4, XYZ),
  VPANDNQ(RVM, E1, P66, M0F, 0xDF, FULL, 8, XYZ),
  VPOR(RVM, V0, P66, M0F, 0xEB, MEM, 8, XY),
  VPORD(RVM, E0, P66, M0F, 0xEB, FULL, 4, XYZ),
  VPORQ(RVM, E1, P66, M0F, 0xEB, FULL, 8, XYZ),
  VPXOR(RVM, V0, P66, M0F, 0xEF, MEM, 8, XY),
  VPXORD(RVM, E0, P66, M0F, 0xEF, FULL, 4, XYZ),
  VPXORQ(RVM, E1, P66, M0F, 0xEF, FULL, 8, XYZ),
  VPTERNLOGD(RVMI, E0, P66, M3A, 0x25, FULL, 4, XYZ),
  VPTERNLOGQ(RVMI, E1, P66, M3A, 0x25, FULL, 8, XYZ),
  VPOPCNTD(RM, E0, P66, M38, 0x55, FULL, 4, XYZ),
  VPOPCNTQ(RM, E1, P66, M38, 0x55, FULL, 8, XYZ),

  // Shifts; `_I` takes the count as an immediate. The extra column is the opcode's digit.
  VPSLLD_I(VMI, V0E0, P66, M0F, 0x72, FULL, 4, XYZ, 6),
  VPSRLD_I(VMI, V0E0, P66, M0F, 0x72, FULL, 4, XYZ, 2),
  VPSRAD_I(VMI, V0E0, P66, M0F, 0x72, FULL, 4, XYZ, 4),
  VPSLLQ_I(VMI, V0E1, P66, M0F, 0x73, FULL, 8, XYZ, 6),
  VPSRLQ_I(VMI, V0E1, P66, M0F, 0x73, FULL, 8, XYZ, 2),
  VPSRAQ_I(VMI, E1, P66, M0F, 0x72, FULL, 8, XYZ, 4),
  VPSLLVD(RVM, V0E0, P66, M38, 0x47, FULL, 4, XYZ),
  VPSLLVQ(RVM, V1E1, P66, M38, 0x47, FULL, 8, XYZ),
  VPSRLVD(RVM, V0E0, P66, M38, 0x45, FULL, 4, XYZ),
  VPSRLVQ(RVM, V1E1, P66, M38, 0x45, FULL, 8, XYZ),
  VPSRAVD(RVM, V0E0, P66, M38, 0x46, FULL, 4, XYZ),
  VPSRAVQ(RVM, E1, P66, M38, 0x46, FULL, 8, XYZ),

  // Integers.
  VPADDD(RVM, V0E0, P66, M0F, 0xFE, FULL, 4, XYZ),
  VPADDQ(RVM, V0E1, P66, M0F, 0xD4, FULL, 8, XYZ),
  VPSUBD(RVM, V0E0, P66, M0F, 0xFA, FULL, 4, XYZ),
  VPSUBQ(RVM, V0E1, P66, M0F, 0xFB, FULL, 8, XYZ),
  VPADDB(RVM, V0E0, P66, M0F, 0xFC, MEM, 1, XYZ),
  VPADDW(RVM, V0E0, P66, M0F, 0xFD, MEM, 2, XYZ),
  VPSUBB(RVM, V0E0, P66, M0F, 0xF8, MEM, 1, XYZ),
  VPSUBW(RVM, V0E0, P66, M0F, 0xF9, MEM, 2, XYZ),
  VPMULLD(RVM, V0E0, P66, M38, 0x40, FULL, 4, XYZ),
  VPMULLQ(RVM, E1, P66, M38, 0x40, FULL, 8, XYZ),
  VPMULUDQ(RVM, V0E1, P66, M0F, 0xF4, FULL, 8, XYZ),
  VPMULDQ(RVM, V0E1, P66, M38, 0x28, FULL, 8, XYZ),
  VPMADDWD(RVM, V0E0, P66, M0F, 0xF5, MEM, 2, XYZ),
  VPMINSD(RVM, V0E0, P66, M38, 0x39, FULL, 4, XYZ),
  VPMINSQ(RVM, E1, P66, M38, 0x39, FULL, 8, XYZ),
  VPMAXSD(RVM, V0E0, P66, M38, 0x3D, FULL, 4, XYZ),
  VPMAXSQ(RVM, E1, P66, M38, 0x3D, FULL, 8, XYZ),
  VPMINUD(RVM, V0E0, P66, M38, 0x3B, FULL, 4, XYZ),
  VPMINUQ(RVM, E1, P66, M38, 0x3B, FULL, 8, XYZ),
  VPMAXUD(RVM, V0E0, P66, M38, 0x3F, FULL, 4, XYZ),
  VPMAXUQ(RVM, E1, P66, M38, 0x3F, FULL, 8, XYZ),
  VPABSD(RM, V0E0, P66, M38, 0x1E, FULL, 4, XYZ),
  VPABSQ(RM, E1, P66, M38, 0x1F, FULL, 8, XYZ),

  // Moves. The extra column is the opcode of the store.
  VMOVUPS(RM, V0E0, NP, M0F, 0x10, MEM, 4, XYZ, 0x11),
  VMOVUPD(RM, V0E1, P66, M0F, 0x10, MEM, 8, XYZ, 0x11),
  VMOVAPS(RM, V0E0, NP, M0F, 0x28, MEM, 4, XYZ, 0x29),
  VMOVAPD(RM, V0E1, P66, M0F, 0x28, MEM, 8, XYZ, 0x29),
  VMOVDQU(RM, V0, PF3, M0F, 0x6F, MEM, 8, XY, 0x7F),
  VMOVDQU8(RM, E0, PF2, M0F, 0x6F, MEM, 1, XYZ, 0x7F),
  VMOVDQU16(RM, E1, PF2, M0F, 0x6F, MEM, 2, XYZ, 0x7F),
  VMOVDQU32(RM, E0, PF3, M0F, 0x6F, MEM, 4, XYZ, 0x7F),
  VMOVDQU64(RM, E1, PF3, M0F, 0x6F, MEM, 8, XYZ, 0x7F),
  VMOVNTPS(MR, V0E0, NP, M0F, 0x2B, MEM, 4, XYZ),
  VMOVNTPD(MR, V0E1, P66, M0F, 0x2B, MEM, 8, XYZ),
  VMASKMOVPS(RVM, V0, P66, M38, 0x2C, MEM, 4, XY, 0x2E),
  VMASKMOVPD(RVM, V0, P66, M38, 0x2D, MEM, 8, XY, 0x2F),
  VPMASKMOVD(RVM, V0, P66, M38, 0x8C, MEM, 4, XY, 0x8E),
  VPMASKMOVQ(RVM, V1, P66, M38, 0x8C, MEM, 8, XY, 0x8E),
  VMOVSS(RM, V0E0, PF3, M0F, 0x10, ONE, 4, S, 0x11),
  VMOVSD(RM, V0E1, PF2, M0F, 0x10, ONE, 8, S, 0x11),
  VMOVSS_R(RVM, V0E0, PF3, M0F, 0x10, ONE, 4, S),
  VMOVSD_R(RVM, V0E1, PF2, M0F, 0x10, ONE, 8, S),
  VMOVD(RG, V0E0, P66, M0F, 0x6E, ONE, 4, X, 0x7E),
  VMOVQ(RG, V1E1, P66, M0F, 0x6E, ONE, 8, X, 0x7E),
  VPCOMPRESSD(MR, E0, P66, M38, 0x8B, PACKED, 4, XYZ),
  VPEXPANDD(RM, E0, P66, M38, 0x89, PACKED, 4, XYZ),
  VCOMPRESSPS(MR, E0, P66, M38, 0x8A, PACKED, 4, XYZ),
  VEXPANDPS(RM, E0, P66, M38, 0x88, PACKED, 4, XYZ),

  // Broadcasts; `_R` reads a general-purpose register.
  VBROADCASTSS(RM, V0E0, P66, M38, 0x18, ONE, 4, XYZ),
  VBROADCASTSD(RM, V0E1, P66, M38, 0x19, ONE, 8, YZ),
  VBROADCASTF128(RM, V0, P66, M38, 0x1A, B16, 4, Y),
  VBROADCASTF32X4(RM, E0, P66, M38, 0x1A, B16, 4, YZ),
  VBROADCASTF64X4(RM, E1, P66, M38, 0x1B, B32, 8, Z),
  VBROADCASTF32X8(RM, E0, P66, M38, 0x1B, B32, 4, Z),
  VPBROADCASTB(RM, V0E0, P66, M38, 0x78, ONE, 1, XYZ),
  VPBROADCASTW(RM, V0E0, P66, M38, 0x79, ONE, 2, XYZ),
  VPBROADCASTD(RM, V0E0, P66, M38, 0x58, ONE, 4, XYZ),
  VPBROADCASTQ(RM, V0E1, P66, M38, 0x59, ONE, 8, XYZ),
  VPBROADCASTD_R(RG, E0, P66, M38, 0x7C, ONE, 4, XYZ),
  VPBROADCASTQ_R(RG, E1, P66, M38, 0x7C, ONE, 8, XYZ),

  // Conversions.
  VCVTDQ2PS(RM, V0E0, NP, M0F, 0x5B, FULL, 4, XYZ),
  VCVTPS2DQ(RM, V0E0, P66, M0F, 0x5B, FULL, 4, XYZ),
  VCVTTPS2DQ(RM, V0E0, PF3, M0F, 0x5B, FULL, 4, XYZ),
  VCVTPS2PD(RM, V0E0, NP, M0F, 0x5A, HALF, 4, XYZ),
  VCVTPD2PS(RM, V0E1, P66, M0F, 0x5A, NARROW, 8, XYZ),
  VCVTDQ2PD(RM, V0E0, PF3, M0F, 0xE6, HALF, 4, XYZ),
  VCVTTPD2DQ(RM, V0E1, P66, M0F, 0xE6, NARROW, 8, XYZ),
  VCVTPD2DQ(RM, V0E1, PF2, M0F, 0xE6, NARROW, 8, XYZ),
  VCVTQQ2PD(RM, E1, PF3, M0F, 0xE6, FULL, 8, XYZ),
  VCVTTPD2QQ(RM, E1, P66, M0F, 0x7A, FULL, 8, XYZ),
  VCVTPD2QQ(RM, E1, P66, M0F, 0x7B, FULL, 8, XYZ),
  VCVTUDQ2PS(RM, E0, PF2, M0F, 0x7A, FULL, 4, XYZ),
  VCVTUDQ2PD(RM, E0, PF3, M0F, 0x7A, HALF, 4, XYZ),
  VCVTUQQ2PD(RM, E1, PF3, M0F, 0x7A, FULL, 8, XYZ),
  VCVTQQ2PS(RM, E1, NP, M0F, 0x5B, NARROW, 8, XYZ),
  VCVTTPS2QQ(RM, E0, P66, M0F, 0x7A, HALF, 4, XYZ),
  VCVTSS2SD(RVM, V0E0, PF3, M0F, 0x5A, ONE, 4, S),
  VCVTSD2SS(RVM, V0E1, PF2, M0F, 0x5A, ONE, 8, S),
  VCVTSI2SS_D(RVG, V0E0, PF3, M0F, 0x2A, ONE, 4, S),
  VCVTSI2SS_Q(RVG, V1E1, PF3, M0F, 0x2A, ONE, 8, S),
  VCVTSI2SD_D(RVG, V0E0, PF2, M0F, 0x2A, ONE, 4, S),
  VCVTSI2SD_Q(RVG, V1E1, PF2, M0F, 0x2A, ONE, 8, S),
  VCVTTSS2SI_D(GM, V0E0, PF3, M0F, 0x2C, ONE, 4, S),
  VCVTTSS2SI_Q(GM, V1E1, PF3, M0F, 0x2C, ONE, 4, S),
  VCVTTSD2SI_D(GM, V0E0, PF2, M0F, 0x2C, ONE, 8, S),
  VCVTTSD2SI_Q(GM, V1E1, PF2, M0F, 0x2C, ONE, 8, S),
  VCVTPH2PS(RM, V0E0, P66, M38, 0x13, MEM2, 4, XYZ),
  VCVTPS2PH(MRI, V0E0, P66, M3A, 0x1D, MEM2, 4, XYZ),
  VPMOVSXBW(RM, V0E0, P66, M38, 0x20, MEM2, 1, XYZ),
  VPMOVSXBD(RM, V0E0, P66, M38, 0x21, MEM4, 1, XYZ),
  VPMOVSXBQ(RM, V0E0, P66, M38, 0x22, MEM8, 1, XYZ),
  VPMOVSXWD(RM, V0E0, P66, M38, 0x23, MEM2, 2, XYZ),
  VPMOVSXWQ(RM, V0E0, P66, M38, 0x24, MEM4, 2, XYZ),
  VPMOVSXDQ(RM, V0E0, P66, M38, 0x25, MEM2, 4, XYZ),
  VPMOVZXBW(RM, V0E0, P66, M38, 0x30, MEM2, 1, XYZ),
  VPMOVZXBD(RM, V0E0, P66, M38, 0x31, MEM4, 1, XYZ),
  VPMOVZXBQ(RM, V0E0, P66, M38, 0x32, MEM8, 1, XYZ),
  VPMOVZXWD(RM, V0E0, P66, M38, 0x33, MEM2, 2, XYZ),
  VPMOVZXWQ(RM, V0E0, P66, M38, 0x34, MEM4, 2, XYZ),
  VPMOVZXDQ(RM, V0E0, P66, M38, 0x35, MEM2, 4, XYZ),
  VPMOVDB(MR, E0, PF3, M38, 0x31, MEM4, 4, XYZ),
  VPMOVDW(MR, E0, PF3, M38, 0x33, MEM2, 4, XYZ),
  VPMOVQB(MR, E0, PF3, M38, 0x32, MEM8, 8, XYZ),
  VPMOVQW(MR, E0, PF3, M38, 0x34, MEM4, 8, XYZ),
  VPMOVQD(MR, E0, PF3, M38, 0x35, MEM2, 8, XYZ),
  VPMOVWB(MR, E0, PF3, M38, 0x30, MEM2, 2, XYZ),
  VPMOVSDB(MR, E0, PF3, M38, 0x21, MEM4, 4, XYZ),
  VPMOVSDW(MR, E0, PF3, M38, 0x23, MEM2, 4, XYZ),
  VPMOVUSDB(MR, E0, PF3, M38, 0x11, MEM4, 4, XYZ),
  VPACKSSDW(RVM, V0E0, P66, M0F, 0x6B, FULL, 4, XYZ),
  VPACKUSDW(RVM, V0E0, P66, M38, 0x2B, FULL, 4, XYZ),
  VPACKSSWB(RVM, V0E0, P66, M0F, 0x63, MEM, 2, XYZ),
  VPACKUSWB(RVM, V0E0, P66, M0F, 0x67, MEM, 2, XYZ),
  VCVTNEPS2BF16(RM, E0, PF3, M38, 0x72, NARROW, 4, XYZ),
  VCVTNE2PS2BF16(RVM, E0, PF2, M38, 0x72, FULL, 4, XYZ),
  VDPBF16PS(RVM, E0, PF3, M38, 0x52, FULL, 4, XYZ),
  VPDPBUSD(RVM, E0, P66, M38, 0x50, FULL, 4, XYZ),

  // Lanes: extracting, inserting, shuffling; `_I` takes its selection as an immediate.
  VEXTRACTF128(MRI, V0, P66, M3A, 0x19, B16, 4, Y),
  VEXTRACTI128(MRI, V0, P66, M3A, 0x39, B16, 4, Y),
  VEXTRACTF32X4(MRI, E0, P66, M3A, 0x19, B16, 4, YZ),
  VEXTRACTF64X2(MRI, E1, P66, M3A, 0x19, B16, 8, YZ),
  VEXTRACTF32X8(MRI, E0, P66, M3A, 0x1B, B32, 4, Z),
  VEXTRACTF64X4(MRI, E1, P66, M3A, 0x1B, B32, 8, Z),
  VEXTRACTI32X4(MRI, E0, P66, M3A, 0x39, B16, 4, YZ),
  VEXTRACTI64X4(MRI, E1, P66, M3A, 0x3B, B32, 8, Z),
  VINSERTF128(RVMI, V0, P66, M3A, 0x18, B16, 4, Y),
  VINSERTI128(RVMI, V0, P66, M3A, 0x38, B16, 4, Y),
  VINSERTF32X4(RVMI, E0, P66, M3A, 0x18, B16, 4, YZ),
  VINSERTF64X2(RVMI, E1, P66, M3A, 0x18, B16, 8, YZ),
  VINSERTF32X8(RVMI, E0, P66, M3A, 0x1A, B32, 4, Z),
  VINSERTF64X4(RVMI, E1, P66, M3A, 0x1A, B32, 8, Z),
  VPERMILPS_I(RMI, V0E0, P66, M3A, 0x04, FULL, 4, XYZ),
  VPERMILPD_I(RMI, V0E1, P66, M3A, 0x05, FULL, 8, XYZ),
  VPERMILPS(RVM, V0E0, P66, M38, 0x0C, FULL, 4, XYZ),
  VPERMILPD(RVM, V0E1, P66, M38, 0x0D, FULL, 8, XYZ),
  VSHUFPS(RVMI, V0E0, NP, M0F, 0xC6, FULL, 4, XYZ),
  VSHUFPD(RVMI, V0E1, P66, M0F, 0xC6, FULL, 8, XYZ),
  VUNPCKLPS(RVM, V0E0, NP, M0F, 0x14, FULL, 4, XYZ),
  VUNPCKLPD(RVM, V0E1, P66, M0F, 0x14, FULL, 8, XYZ),
  VUNPCKHPS(RVM, V0E0, NP, M0F, 0x15, FULL, 4, XYZ),
  VUNPCKHPD(RVM, V0E1, P66, M0F, 0x15, FULL, 8, XYZ),
  VPUNPCKLDQ(RVM, V0E0, P66, M0F, 0x62, FULL, 4, XYZ),
  VPUNPCKHDQ(RVM, V0E0, P66, M0F, 0x6A, FULL, 4, XYZ),
  VPUNPCKLQDQ(RVM, V0E1, P66, M0F, 0x6C, FULL, 8, XYZ),
  VPUNPCKHQDQ(RVM, V0E1, P66, M0F, 0x6D, FULL, 8, XYZ),
  VPERM2F128(RVMI, V0, P66, M3A, 0x06, MEM, 8, Y),
  VPERM2I128(RVMI, V0, P66, M3A, 0x46, MEM, 8, Y),
  VSHUFF32X4(RVMI, E0, P66, M3A, 0x23, FULL, 4, YZ),
  VSHUFF64X2(RVMI, E1, P66, M3A, 0x23, FULL, 8, YZ),
  VPERMPS(RVM, V0E0, P66, M38, 0x16, FULL, 4, YZ),
  VPERMD(RVM, V0E0, P66, M38, 0x36, FULL, 4, YZ),
  VPERMPD(RVM, E1, P66, M38, 0x16, FULL, 8, YZ),
  VPERMQ(RVM, E1, P66, M38, 0x36, FULL, 8, YZ),
  VPERMPD_I(RMI, V1E1, P66, M3A, 0x01, FULL, 8, YZ),
  VPERMQ_I(RMI, V1E1, P66, M3A, 0x00, FULL, 8, YZ),
  VPERMI2PS(RVM, E0, P66, M38, 0x77, FULL, 4, XYZ),
  VPERMI2PD(RVM, E1, P66, M38, 0x77, FULL, 8, XYZ),
  VPERMT2PS(RVM, E0, P66, M38, 0x7F, FULL, 4, XYZ),
  VPERMT2PD(RVM, E1, P66, M38, 0x7F, FULL, 8, XYZ),
  VPERMT2D(RVM, E0, P66, M38, 0x7E, FULL, 4, XYZ),
  VMOVHLPS(RVM, V0E0, NP, M0F, 0x12, NONE, 4, X),
  VMOVLHPS(RVM, V0E0, NP, M0F, 0x16, NONE, 4, X),
  VMOVSHDUP(RM, V0E0, PF3, M0F, 0x16, MEM, 4, XYZ),
  VMOVSLDUP(RM, V0E0, PF3, M0F, 0x12, MEM, 4, XYZ),
  VMOVDDUP(RM, V0E1, PF2, M0F, 0x12, EVEN, 8, XYZ),
  VPSHUFD(RMI, V0E0, P66, M0F, 0x70, FULL, 4, XYZ),
  VPSHUFB(RVM, V0E0, P66, M38, 0x00, MEM, 1, XYZ),
  VALIGND(RVMI, E0, P66, M3A, 0x03, FULL, 4, XYZ),
  VALIGNQ(RVMI, E1, P66, M3A, 0x03, FULL, 8, XYZ),
  VPALIGNR(RVMI, V0E0, P66, M3A, 0x0F, MEM, 1, XYZ),

  // Gathers and scatters with 32-bit indices.
  VGATHERDPS(GATHER, V0E0, P66, M38, 0x92, ONE, 4, XYZ),
  VGATHERDPD(GATHER, V1E1, P66, M38, 0x92, ONE, 8, XYZ),
  VPGATHERDD(GATHER, V0E0, P66, M38, 0x90, ONE, 4, XYZ),
  VPGATHERDQ(GATHER, V1E1, P66, M38, 0x90, ONE, 8, XYZ),
  VSCATTERDPS(SCATTER, E0, P66, M38, 0xA2, ONE, 4, XYZ),
  VSCATTERDPD(SCATTER, E1, P66, M38, 0xA2, ONE, 8, XYZ),
  VPSCATTERDD(SCATTER, E0, P66, M38, 0xA0, ONE, 4, XYZ),
  VPSCATTERDQ(SCATTER, E1, P66, M38, 0xA0, ONE, 8, XYZ);

  private static final int ABSENT = -1;

  private final Form form;
  private final Enc enc;
  private final int prefix;
  private final int map;
  private final int opcode;
  private final Tuple tuple;
  private final int element;
  private final int widths;
  private final int extra;
  private final String mnemonic;

  VOp(
      Form form,
      Enc enc,
      int prefix,
      int map,
      int opcode,
      Tuple tuple,
      int element,
      int widths,
      int extra) {
    this.form = form;
    this.enc = enc;
    this.prefix = prefix;
    this.map = map;
    this.opcode = opcode;
    this.tuple = tuple;
    this.element = element;
    this.widths = widths;
    this.extra = extra;
    int suffix = name().indexOf('_');
    this.mnemonic = (suffix < 0 ? name() : name().substring(0, suffix)).toLowerCase(Locale.ROOT);
  }

  VOp(Form form, Enc enc, int prefix, int map, int opcode, Tuple tuple, int element, int widths) {
    this(form, enc, prefix, map, opcode, tuple, element, widths, ABSENT);
  }

  /// The instruction's name in a listing.
  public String mnemonic() {
    return mnemonic;
  }

  /// Bytes in one element of the operand that can be in memory.
  public int elementBytes() {
    return element;
  }

  /// Whether the instruction can be encoded without AVX-512.
  public boolean hasVex() {
    return enc.hasVex();
  }

  /// Whether the instruction can be encoded with AVX-512: masks, registers above 15, 512 bits.
  public boolean hasEvex() {
    return enc.hasEvex();
  }

  /// Whether the instruction exists at the given width.
  public boolean hasWidth(Width width) {
    return (widths & width.bit()) != 0 && (width != Width.Z || enc.hasEvex());
  }

  Form form() {
    return form;
  }

  Enc enc() {
    return enc;
  }

  int prefix() {
    return prefix;
  }

  int map() {
    return map;
  }

  int opcode() {
    return opcode;
  }

  Tuple tuple() {
    return tuple;
  }

  /// Whether the row names a second opcode, that of the store.
  boolean hasStore() {
    return extra != ABSENT;
  }

  /// The store's opcode, or the opcode's digit in ModRM.reg.
  int extra() {
    return extra;
  }
}
