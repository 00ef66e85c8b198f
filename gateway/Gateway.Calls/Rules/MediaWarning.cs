namespace Gateway.Calls;

/// <summary>The reason why a peer's description was refused, for the Warning header (RFC 3261 §20.43).</summary>
/// <param name="Code">300 to 399: one of the registered warn-codes.</param>
/// <param name="Text">One sentence in plain words, without quotes.</param>
public sealed record MediaWarning(int Code, string Text);
