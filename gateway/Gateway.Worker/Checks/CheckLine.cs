namespace Gateway.Worker.Checks;

/// <summary>What one check has found.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Subject">What was looked at: "PostgreSQL", "trunk 'main'".</param>
/// <param name="Text">What was found. No secret is in it.</param>
/// <param name="Remedy">What to do; null where nothing is to be done.</param>
internal sealed record CheckLine(CheckLevel Level, string Subject, string Text, string? Remedy = null)
{
    public static CheckLine Ok(string subject, string text) => new(CheckLevel.Ok, subject, text);

    public static CheckLine Warning(string subject, string text, string remedy) => new(CheckLevel.Warning, subject, text, remedy);

    public static CheckLine Wrong(string subject, string text, string remedy) => new(CheckLevel.Wrong, subject, text, remedy);

    public override string ToString() => $"{Word,-8} {Subject}: {Text}{(Remedy is null ? "" : $"\n           -> {Remedy}")}";

    private string Word => Level switch { CheckLevel.Ok => "ok", CheckLevel.Warning => "warning", _ => "WRONG" };
}

/// <summary>How bad a finding is.</summary>
internal enum CheckLevel
{
    Ok,

    /// <summary>Calls go, but not in every case, or not for long.</summary>
    Warning,

    /// <summary>Calls do not go.</summary>
    Wrong,
}
