package dev.retrograde.x64;

import dev.retrograde.loop.Reg;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import org.jspecify.annotations.Nullable;

/// Chooses how memory is read and written: whole, under a mask, by gathering, or lane by lane.
///
/// A buffer is followed by slack, so lanes behind `count` may be read; they are never written, and
/// lanes that a mask closes are neither.
final class Accesses {
  private final Sequence seq;
  private final Expansion expand;
  private final boolean avx512;

  Accesses(Sequence seq, Expansion expand) {
    this.seq = seq;
    this.expand = expand;
    this.avx512 = seq.features.avx512();
  }

  /// Reads into a register of type `type`.
  void load(
      Value dst, DType type, DType storage, Address at, int stride, int count, @Nullable Value m) {
    if (storage == DType.BOOL) {
      Value bytes = seq.fresh(DType.I32);
      read(bytes, DType.U8, at, stride, count, m);
      Value truth = type == DType.BOOL ? dst : seq.fresh(DType.BOOL);
      expand.cast(DType.I32, DType.BOOL, truth, bytes);
      if (type != DType.BOOL) {
        expand.cast(DType.BOOL, type, dst, truth);
      }
      return;
    }
    DType wide = Reg.widened(storage);
    if (wide == type) {
      read(dst, storage, at, stride, count, m);
    } else {
      Value own = seq.fresh(wide);
      read(own, storage, at, stride, count, m);
      expand.cast(wide, type, dst, own);
    }
  }

  private void read(
      Value dst, DType storage, Address at, int stride, int count, @Nullable Value mask) {
    int size = dst.size;
    boolean narrow = storage.bytes() < size;
    if (mask == null && stride == 0 && count == seq.lanes && seq.lanes > 1) {
      load(Ins.Kind.LOAD_BROADCAST, dst, storage, at, count);
    } else if (mask == null && (stride == 1 || count == 1)) {
      if (narrow ? count == seq.lanes : isWhole(count * size)) {
        load(Ins.Kind.LOAD, dst, storage, at, count);
      } else if (narrow && !avx512) {
        load(Ins.Kind.LOAD, dst, storage, at, count, seq.first(count, size));
      } else {
        load(Ins.Kind.LOAD_MASKED, dst, storage, at, count, seq.first(count, size));
      }
    } else if (mask != null && stride == 1 && (avx512 || !narrow)) {
      load(Ins.Kind.LOAD_MASKED, dst, storage, at, count, combined(mask, count, size));
    } else {
      gather(dst, storage, at, seq.steps(0, stride), count, mask);
    }
  }

  private void load(Ins.Kind kind, Value dst, DType storage, Address at, int count, Value... args) {
    Ins ins = new Ins(kind, dst, args);
    ins.storage = storage;
    ins.address = at;
    ins.count = count;
    seq.add(ins);
  }

  private static boolean isWhole(int bytes) {
    return bytes >= 4 && Integer.bitCount(bytes) == 1;
  }

  /// Lanes below `count` that the mask opens.
  private Value combined(Value mask, int count, int size) {
    if (count >= seq.physical(size)) {
      return expand.mask(mask, size);
    }
    Value own = expand.mask(mask, size);
    Value both = avx512 ? seq.fresh(DType.BOOL) : seq.freshVector(size);
    Ins and = new Ins(Ins.Kind.APPLY, both, own, seq.first(count, size));
    and.fn = Primitive.AND;
    and.type = DType.BOOL;
    seq.add(and);
    return both;
  }

  /// Reads by indices into a register of type `type`.
  void gather(
      Value dst, DType type, DType storage, Address at, Value index, int count, @Nullable Value m) {
    DType wide = Reg.widened(storage);
    if (wide == DType.BOOL) {
      Value bytes = seq.fresh(DType.I32);
      gather(bytes, DType.U8, at, index, count, m);
      Value truth = type == DType.BOOL ? dst : seq.fresh(DType.BOOL);
      expand.cast(DType.I32, DType.BOOL, truth, bytes);
      if (type != DType.BOOL) {
        expand.cast(DType.BOOL, type, dst, truth);
      }
    } else if (wide == type) {
      gather(dst, storage, at, index, count, m);
    } else {
      Value own = seq.fresh(wide);
      gather(own, storage, at, index, count, m);
      expand.cast(wide, type, dst, own);
    }
  }

  private void gather(
      Value dst, DType storage, Address at, Value index, int count, @Nullable Value mask) {
    if (mask == null && count == seq.physical(dst.size)) {
      load(Ins.Kind.LOAD_GATHER, dst, storage, at, count, index);
    } else {
      Value lanes = mask == null ? seq.first(count, dst.size) : combined(mask, count, dst.size);
      load(Ins.Kind.LOAD_GATHER, dst, storage, at, count, index, lanes);
    }
  }

  /// Writes a register of type `type`.
  void store(
      Value v, DType type, DType storage, Address at, int stride, int count, @Nullable Value m) {
    switch (storage) {
      case BOOL -> {
        Value truth = expand.cast(type, DType.BOOL, v);
        write(expand.cast(DType.BOOL, DType.I32, truth), DType.U8, at, stride, count, m);
      }
      case BF16 -> {
        Value rounded = expand.roundToBf16(expand.cast(type, DType.F32, v));
        write(rounded, DType.I16, at, stride, count, m);
      }
      case I8, I16, U8 -> {
        Value i =
            type.isFloat() ? expand.saturate(type, storage, v) : expand.cast(type, DType.I32, v);
        write(i, storage, at, stride, count, m);
      }
      case F32, F64, I32, I64, FRAME ->
          write(expand.cast(type, Reg.widened(storage), v), storage, at, stride, count, m);
    }
  }

  private void write(
      Value v, DType storage, Address at, int stride, int count, @Nullable Value mask) {
    int bytes = storage.bytes();
    boolean narrow = bytes < v.size;
    boolean dense = stride == 1 || count == 1;
    if (mask == null && dense) {
      boolean whole =
          narrow
              ? (avx512 ? count == seq.physical(4) : count == 1 || isWhole(count * bytes))
              : isWhole(count * bytes);
      if (whole) {
        store(Ins.Kind.STORE, storage, at, count, 1, v);
      } else if (!narrow || avx512) {
        store(Ins.Kind.STORE_MASKED, storage, at, count, 1, v, seq.first(count, v.size));
      } else {
        store(Ins.Kind.STORE_LANES, storage, at, count, 1, v);
      }
    } else if (dense && mask != null && (avx512 || !narrow)) {
      Value lanes = combined(mask, count, v.size);
      store(Ins.Kind.STORE_MASKED, storage, at, count, 1, v, lanes);
    } else if (avx512 && !narrow) {
      Value index = seq.steps(0, stride);
      if (mask == null && count == seq.physical(v.size)) {
        store(Ins.Kind.STORE_SCATTER, storage, at, count, stride, v, index);
      } else {
        Value lanes = mask == null ? seq.first(count, v.size) : combined(mask, count, v.size);
        store(Ins.Kind.STORE_SCATTER, storage, at, count, stride, v, index, lanes);
      }
    } else if (mask == null) {
      store(Ins.Kind.STORE_LANES, storage, at, count, stride, v);
    } else {
      store(Ins.Kind.STORE_LANES, storage, at, count, stride, v, mask);
    }
  }

  private void store(
      Ins.Kind kind, DType storage, Address at, int count, int stride, Value... args) {
    Ins ins = new Ins(kind, null, args);
    ins.storage = storage;
    ins.address = at;
    ins.count = count;
    ins.stride = stride;
    seq.add(ins);
  }
}
