namespace Gateway.Storage.Admin;

/// <summary>What became of a change of something versioned: the new state, or why there is none.</summary>
/// <param name="After">The new state; null where nothing was changed.</param>
/// <param name="IsStale">Without <see cref="After"/>: true where it is at another version than the change was made from, false where there is no such thing.</param>
public readonly record struct Change<T>(T? After, bool IsStale) where T : class;
