namespace AdminApi;

/// <summary>What the admin API is configured with, from the environment (`AdminApi__Key`) or appsettings.json.</summary>
public sealed record AdminApiOptions
{
    public const string Section = "AdminApi";

    /// <summary>Every request but /healthz carries it: `Authorization: Bearer …`. At least 24 characters.</summary>
    public string Key { get; init; } = "";

    /// <summary>A file that holds the key, where it should not stand in the environment.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Npgsql connection string.</summary>
    public string Postgres { get; init; } = "";

    /// <summary>StackExchange.Redis configuration.</summary>
    public string Redis { get; init; } = "";

    /// <summary>These options with <see cref="KeyFile"/> read; throws one message with every error.</summary>
    public AdminApiOptions Validated()
    {
        var options = KeyFile is null ? this : this with { Key = File.ReadAllText(KeyFile).Trim() };
        List<string> errors = [];
        if (options.Key.Length < 24)
            errors.Add($"{Section}:Key (or the file of {Section}:KeyFile) needs at least 24 characters.");
        if (options.Postgres.Length == 0)
            errors.Add($"{Section}:Postgres is missing.");
        if (options.Redis.Length == 0)
            errors.Add($"{Section}:Redis is missing.");
        return errors.Count == 0 ? options : throw new InvalidOperationException(string.Join(" ", errors));
    }

    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(AdminApiOptions);
}
