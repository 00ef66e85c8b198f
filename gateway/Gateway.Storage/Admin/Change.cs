namespace Gateway.Storage.Admin;

/// <summary>The result of changing a versioned object: the new state, or the reason why there is none.</summary>
/// <param name="After">The new state; null where nothing was changed.</param>
/// <param name="IsStale">Without <see cref="After"/>: true where the object is at another version than the
/// change started from, false where it does not exist.</param>
public readonly record struct Change<T>(T? After, bool IsStale) where T : class;
