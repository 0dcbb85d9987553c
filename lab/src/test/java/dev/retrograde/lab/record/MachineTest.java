package dev.retrograde.lab.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.runtime.MemoryLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  @TempDir Path root;

  @Test
  void theProcessorIsReadFromTheKernel() throws IOException {
    put(
        "proc/cpuinfo",
        "processor : 0\n"
            + "model name\t: Fast One 9\n"
            + "flags\t\t: fpu fma avx2 avx junk\n\n"
            + "model name : other\n");
    put("proc/meminfo", "MemTotal:       1048576 kB\nMemFree: 5 kB\n");
    Machine machine = Machine.here(root);
    assertThat(machine.cpu()).isEqualTo("Fast One 9");
    assertThat(machine.flags()).containsExactly("avx", "avx2", "fma");
    assertThat(machine.memory()).isEqualTo(new MemoryLimit(1L << 30, "machine"));
  }

  @Test
  void anUnknownSystemStillHasARecord() {
    Machine machine = Machine.here(root);
    assertThat(machine.cpu()).isNotBlank();
    assertThat(machine.flags()).isEmpty();
    assertThat(machine.memory().bytes()).isEqualTo(-1);
    assertThat(Json.text(machine.json())).contains("\"memory_bytes\" : -1");
  }

  @Test
  void theTightestGroupCounts() throws IOException {
    put("proc/meminfo", "MemTotal: 4194304 kB\n");
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    put("sys/fs/cgroup/outer/memory.max", "536870912\n");
    assertThat(MemoryLimit.here(root)).isEqualTo(new MemoryLimit(512L << 20, "control group"));
  }

  @Test
  void theOlderGroupsCountToo() throws IOException {
    put("proc/meminfo", "MemTotal: 4194304 kB\n");
    put("proc/self/cgroup", "7:cpu,memory:/box\n3:cpuset:/box\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
    assertThat(MemoryLimit.here(root)).isEqualTo(new MemoryLimit(1L << 30, "control group"));
  }

  @Test
  void aLimitAboveTheMachineDoesNotCount() throws IOException {
    put("proc/meminfo", "MemTotal: 1048576 kB\n");
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/memory.max", "99999999999999\n");
    assertThat(MemoryLimit.here(root).source()).isEqualTo("machine");
  }

  private void put(String file, String text) throws IOException {
    Path place = root.resolve(file);
    Files.createDirectories(place.getParent());
    Files.writeString(place, text);
  }
}
