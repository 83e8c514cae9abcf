/// The two formats of updates. Both say the same; a document reads and writes either.
public enum UpdateFormat: Sendable {
  /// Struct by struct: what Yjs' providers send, and quickest to write and read.
  case v1
  /// Each field of the structs in a column of its own: smaller for large updates, larger for those of a keystroke.
  case v2
}
