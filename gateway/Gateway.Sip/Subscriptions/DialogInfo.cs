namespace Gateway.Sip.Subscriptions;

/// <summary>One document of the dialog event package (RFC 4235 §4).</summary>
/// <param name="Version">One more than that of the document before.</param>
/// <param name="IsFull">It names every dialog there is; otherwise only those that changed.</param>
/// <param name="Dialogs">As many as the reader takes, at most.</param>
public sealed record DialogInfo(uint Version, bool IsFull, IReadOnlyList<DialogEntry> Dialogs);

/// <summary>A dialog of the watched extension.</summary>
/// <param name="Id">Unique within the extension.</param>
/// <param name="State">The state that it shows of the extension: <see cref="ExtensionState.Idle"/> when the dialog is over.</param>
public readonly record struct DialogEntry(string Id, ExtensionState State);
