namespace Gateway.Worker.Reload;

/// <summary>The file that the node was started with; null: none, so there is nothing to be read again.</summary>
internal sealed record ConfigurationFile(string? Path);
