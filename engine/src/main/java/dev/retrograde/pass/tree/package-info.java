/// Ops on trees as loops: [TreeLoops] writes them height by height or node by node, [Vectorise]
/// makes the code of one node code for many.
///
/// A pass of its own, before all others: what comes after sees loops, branches and tables. How
/// trees are differentiated does not belong here; that is `autodiff`, and happens before.
@NullMarked
package dev.retrograde.pass.tree;

import org.jspecify.annotations.NullMarked;
