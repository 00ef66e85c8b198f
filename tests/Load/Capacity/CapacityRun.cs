using Benchmarks;
using Load.Plots;
using Load.Servers;
using Load.Streams;
using Media.Protocols.Sdp;

namespace Load.Capacity;

/// <summary>All rows, one after another, on the same streams; then the table.</summary>
internal sealed class CapacityRun(CapacityOptions options)
{
    private static readonly CostOptions Bridge = new(), PassThrough = new() { PhoneCodec = AudioCodec.Opus },
        G711 = new() { UserCodec = AudioCodec.Pcmu };

    private static CostOptions Sdes(CostOptions codecs) => codecs with { Keying = Keying.Sdes };

    private static CostOptions Clear(CostOptions codecs) => codecs with { Keying = Keying.None };

    private readonly Dictionary<CostOptions, double> _floors = [];

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var rows = new List<RowFigures>();
        foreach (var (name, streams, create) in Servers().Where(row => row.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
            rows.Add(await MeasureAsync(name, streams, create, stop));
        rows.AddRange(_floors.Select(floor => new RowFigures($"bare calls, {floor.Key.UserCodec} - {floor.Key.PhoneCodec}")
        {
            Cost = floor.Value, Floor = floor.Value,
        }));
        Console.WriteLine(CapacityTable.Write(options, rows));
        var plot = rows.Where(row => row.Curve.Count > 0).Aggregate(
            new SvgPlot("What a call costs", "live calls", "CPU ms a call-second"),
            (all, row) => all.Add(row.Name, row.Curve.Select(point => ((double)point.Calls, point.Cost)))).Write();
        if (plot.Length > 0)
        {
            await File.WriteAllTextAsync(options.Plot, plot, stop);
            Console.WriteLine($"plot: {Path.GetFullPath(options.Plot)}");
        }
        return rows.Any(row => row.Remark is not null) ? 1 : 0;
    }

    private IEnumerable<(string Name, CostOptions Streams, Func<ILoadedServer> Create)> Servers() =>
    [
        ("gateway, Opus/DTLS - PCMU", Bridge, () => new GatewayServer(Bridge, options.Program)),
        ("gateway, Opus/DTLS - Opus", PassThrough, () => new GatewayServer(PassThrough, options.Program)),
        ("gateway, PCMU/DTLS - PCMU", G711, () => new GatewayServer(G711, options.Program)),
        ("Asterisk, Opus/SDES - PCMU", Sdes(Bridge), () => new AsteriskB2bua(Sdes(Bridge))),
        ("Kamailio and rtpengine, Opus/SDES - PCMU", Sdes(Bridge), () => new KamailioRtpengine(Sdes(Bridge))),
        (CapacityTable.B2bua, Clear(G711), () => new AsteriskB2bua(Clear(G711))),
    ];

    private async Task<RowFigures> MeasureAsync(string name, CostOptions codecs, Func<ILoadedServer> create, CancellationToken stop)
    {
        var row = new RowFigures(name) { Floor = FloorOf(codecs) };
        await using var server = create();
        try
        {
            await server.StartAsync(stop);
            using var streams = new CallStreams(codecs);
            return await new RowMeter(options.For(codecs), server, streams).MeasureAsync(row, stop);
        }
        catch (NotInstalledException missing)
        {
            return row with { Remark = "not installed: " + missing.Message };
        }
        catch (Exception e) when (!stop.IsCancellationRequested) // the other rows have figures all the same
        {
            Console.Error.WriteLine(e);
            return row with { Remark = e.Message.Split('\n')[0] };
        }
    }

    /// <summary>The bare calls, as many of them, beside the same load.</summary>
    private double FloorOf(CostOptions codecs)
    {
        var key = new CostOptions { UserCodec = codecs.UserCodec, PhoneCodec = codecs.PhoneCodec };
        if (!_floors.TryGetValue(key, out var floor))
            _floors[key] = floor = new BareCost(key with { Calls = options.Calls, Duration = options.Duration }).Measure().CpuMilliseconds;
        return floor;
    }
}
