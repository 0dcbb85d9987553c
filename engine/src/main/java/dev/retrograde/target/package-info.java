/// What a target is: something that makes executables of programs. Start reading at [Target].
@NullMarked
package dev.retrograde.target;

import org.jspecify.annotations.NullMarked;
