namespace Gateway.Worker.Logs;

/// <summary>The least level of the gateway's own lines, which a reload may change. Thread-safe.</summary>
internal sealed class LogSwitch
{
    private volatile LogLevel _level = LogLevel.Information;

    /// <summary>Takes the configured level; without one that of the environment (GATEWAY_LOG_LEVEL), else Information.</summary>
    public void Set(LogLevel? configured) => _level = configured
        ?? (Enum.TryParse<LogLevel>(Environment.GetEnvironmentVariable("GATEWAY_LOG_LEVEL"), ignoreCase: true, out var level)
            ? level : LogLevel.Information);

    public bool Passes(LogLevel level) => level >= _level;
}
