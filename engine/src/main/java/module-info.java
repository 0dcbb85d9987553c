/// The engine: programs and what is done with them, from a traced Java function to an executable.
///
/// Needs `java.base` only and runs with no flag. Layers, data and files do not belong here; machine
/// code does not either, since it needs native access. Start reading in `dev.retrograde.ir`.
module dev.retrograde.engine {
  exports dev.retrograde.autodiff;
  exports dev.retrograde.callback;
  exports dev.retrograde.choice;
  exports dev.retrograde.choice.coding;
  exports dev.retrograde.interp;
  exports dev.retrograde.ir;
  exports dev.retrograde.jvm;
  exports dev.retrograde.loop;
  exports dev.retrograde.pass;
  exports dev.retrograde.runtime;
  exports dev.retrograde.scalar;
  exports dev.retrograde.target;
  exports dev.retrograde.trace;

  requires static org.jspecify;

  provides dev.retrograde.target.Target with
      dev.retrograde.jvm.JvmTarget,
      dev.retrograde.interp.InterpTarget;
}
