// The envelope of a commit: how it is written as one line and read back.

/** An event as it lies in the journal: `type` is `noun.what`, the rest is the noun's own shape. */
export interface StoredEvent {
  type: string
  [field: string]: unknown
}
