package dev.retrograde.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// 128 bits that stand for a kernel's whole text.
record Fingerprint(long high, long low) {
  static Fingerprint of(Kernel k) {
    Mix m = new Mix();
    k.params().forEach(d -> m.add(d.ordinal()));
    m.add(k.lanes());
    m.add(k.extent());
    m.body(k.body());
    return new Fingerprint(m.a, m.b);
  }

  @Override
  public int hashCode() {
    return (int) low;
  }

  /// Two running hashes with different multipliers; every number that is mixed in moves both.
  private static final class Mix {
    private long a = 0x9E3779B97F4A7C15L;
    private long b = 0xC2B2AE3D27D4EB4FL;

    void add(long v) {
      a = (a ^ v) * 0xFF51AFD7ED558CCDL;
      a ^= a >>> 32;
      b = (Long.rotateLeft(b, 29) + v) * 0xC4CEB9FE1A85EC53L;
      b ^= b >>> 29;
    }

    void body(List<Stmt> body) {
      add(body.size());
      for (Stmt s : body) {
        switch (s) {
          case Stmt.For f -> {
            add(1);
            add(f.var());
            add(f.extent());
            body(f.body());
          }
          case Stmt.Let l -> {
            add(2);
            reg(l.to());
            code(l.code());
          }
          case Stmt.Store t -> {
            add(3);
            mem(t.to());
            reg(t.value());
            add(t.stride());
            add(t.count());
            mask(t.mask());
          }
        }
      }
    }

    private void reg(Reg r) {
      add(((long) r.id() << 8) | r.dtype().ordinal());
    }

    private void mask(@Nullable Reg r) {
      add(r == null ? -1 : r.id());
    }

    private void mem(Mem m) {
      add(m.param());
      affine(m.at());
    }

    private void affine(Affine x) {
      add(x.constant());
      add(x.terms().size());
      for (Affine.Term t : x.terms()) {
        add(t.var());
        add(t.factor());
      }
    }

    private void code(Code c) {
      switch (c) {
        case Code.Const x -> {
          add(1);
          add(x.bits());
        }
        case Code.Load x -> {
          add(2);
          mem(x.from());
          add(x.stride());
          add(x.count());
          mask(x.mask());
        }
        case Code.Gather x -> {
          add(3);
          mem(x.from());
          reg(x.index());
          add(x.count());
          mask(x.mask());
        }
        case Code.Apply x -> {
          add(4);
          add(x.fn().ordinal());
          x.args().forEach(this::reg);
        }
        case Code.Cast x -> {
          add(5);
          reg(x.arg());
        }
        case Code.Copy x -> {
          add(6);
          reg(x.arg());
        }
        case Code.Index x -> {
          add(7);
          affine(x.value());
          add(x.step());
        }
        case Code.First x -> {
          add(8);
          add(x.count());
        }
        case Code.Swap x -> {
          add(9);
          reg(x.arg());
          add(x.distance());
        }
      }
    }
  }
}
