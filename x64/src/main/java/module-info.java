/// Machine code for x86-64: how it is encoded, where it lives and how it is called.
///
/// Everything that touches native memory of its own accord stands in this module, because it needs
/// native access; the encoder itself only fills byte arrays and runs anywhere. Start reading at
/// [dev.retrograde.x64.asm.Assembler].
@SuppressWarnings("module") // The name ends in digits, as the architecture's does.
module dev.retrograde.x64 {
  requires transitive dev.retrograde.engine;
  requires static org.jspecify;

  exports dev.retrograde.x64;
  exports dev.retrograde.x64.asm;
  exports dev.retrograde.x64.memory;

  provides dev.retrograde.target.Target with
      dev.retrograde.x64.X64Target;
}
