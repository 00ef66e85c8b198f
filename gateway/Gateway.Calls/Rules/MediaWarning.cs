namespace Gateway.Calls.Rules;

/// <summary>
/// The reason why a peer's description was not taken, for the record and as the Warning header says it (RFC 3261 §20.43).
/// </summary>
/// <param name="Reason">The member of the closed set.</param>
/// <param name="Code">300 to 399: one of the registered warn-codes.</param>
/// <param name="Text">One sentence in plain words, without quotes.</param>
public sealed record MediaWarning(MediaFaultReason Reason, int Code, string Text);
