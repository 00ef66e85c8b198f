namespace Gateway.Storage.Commands;

/// <summary>The outcome of a node's reading its configuration again. Keys are spelled as in the file; no value is in it.</summary>
/// <param name="Configuration">Names the content that is in force now, by a hash.</param>
/// <param name="AppliedAt">When that came into force.</param>
/// <param name="Applied">The keys that changed, of certificates their names.</param>
/// <param name="NeedsRestart">Keys that differ in the file, and wait for the node's next start.</param>
/// <param name="Errors">Everything that is wrong; then nothing was applied.</param>
public sealed record ReloadReport(
    string Configuration, DateTimeOffset AppliedAt, IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart,
    IReadOnlyList<string> Errors);
