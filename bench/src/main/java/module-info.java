/// Side-by-side measurements: whole training steps beside libtorch, single kernels beside oneDNN.
///
/// Never published and never part of the default build, because its dependencies carry some 140 MB
/// of native code. Start reading at [dev.retrograde.bench.task.Contender], what is measured, and
/// [dev.retrograde.bench.timing.PairedTiming], how.
module dev.retrograde.bench {
  requires dev.retrograde.lab;
  requires dev.retrograde.x64;
  requires java.management;
  requires jdk.management;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.pytorch;
  requires static org.jspecify;

  exports dev.retrograde.bench;
  exports dev.retrograde.bench.control;
  exports dev.retrograde.bench.engine;
  exports dev.retrograde.bench.libtorch;
  exports dev.retrograde.bench.machine;
  exports dev.retrograde.bench.memory;
  exports dev.retrograde.bench.onednn;
  exports dev.retrograde.bench.suite;
  exports dev.retrograde.bench.task;
  exports dev.retrograde.bench.timing;

  provides dev.retrograde.lab.suite.Suite with
      dev.retrograde.bench.suite.ControlSuite,
      dev.retrograde.bench.suite.KernelsSuite,
      dev.retrograde.bench.suite.MemoryPeersSuite,
      dev.retrograde.bench.suite.PeersSuite;
}
