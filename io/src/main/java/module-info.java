/// File formats that models and their records are exchanged in.
///
/// Readers here are strict: a model file carries data only, and whatever a file claims is checked
/// before it is believed. Start at [dev.retrograde.io.safetensors.SafeTensors].
module dev.retrograde.io {
  requires static org.jspecify;

  exports dev.retrograde.io.safetensors;
}
