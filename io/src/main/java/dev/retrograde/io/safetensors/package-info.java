/// The safetensors format: named tensors and a map of strings in one file that carries data only.
///
/// A file is 8 bytes with the length of the header (little-endian), the header in JSON, then the
/// bytes of all tensors without a gap. What a tensor means to a model does not belong here. Start
/// at [dev.retrograde.io.safetensors.SafeTensors] to read and at
/// [dev.retrograde.io.safetensors.SafeTensorsWriter] to write.
@NullMarked
package dev.retrograde.io.safetensors;

import org.jspecify.annotations.NullMarked;
