namespace Load.Capacity;

/// <summary>What was measured of one server; null: it was not.</summary>
internal sealed record RowFigures(string Name)
{
    /// <summary>CPU of the server in ms a call-second, in steady state.</summary>
    public double? Cost { get; init; }

    /// <summary>That of the bare calls on the same streams.</summary>
    public double? Floor { get; init; }

    /// <summary>CPU of the server in ms a set-up with its end, without the talk.</summary>
    public double? SetUp { get; init; }

    /// <summary>CPU of the server in ms a second of a call in which nobody says anything.</summary>
    public double? SilentSecond { get; init; }

    /// <summary>CPU of its stores in ms a set-up.</summary>
    public double? Stores { get; init; }

    public TimeSpan? DelayP50 { get; init; }

    public TimeSpan? DelayP99 { get; init; }

    /// <summary>CPU in ms a second without any call.</summary>
    public double? Idle { get; init; }

    /// <summary>MB a live call, by the difference of many and few.</summary>
    public double? Memory { get; init; }

    /// <summary>MB without calls.</summary>
    public double? Base { get; init; }

    public Limit? Live { get; init; }

    public Limit? SetUps { get; init; }

    /// <summary>The load's share of the machine while the cost was measured.</summary>
    public double? LoadShare { get; init; }

    /// <summary>Cost at each number of live calls that was measured.</summary>
    public IReadOnlyList<(int Calls, double Cost)> Curve { get; init; } = [];

    /// <summary>Why there are no figures, or what is to be known of them.</summary>
    public string? Remark { get; init; }
}

/// <summary>The most that kept every promise.</summary>
/// <param name="Most">Calls, or calls a second.</param>
/// <param name="IsLoadsLimit">What gave way next was the load, or the machine with it: the server alone may do more.</param>
/// <param name="LoadShare">The load's share of the machine at that many.</param>
/// <param name="Broken">The promise that the next step broke; null: there was no further step.</param>
internal sealed record Limit(double Most, bool IsLoadsLimit, double LoadShare, string? Broken);
