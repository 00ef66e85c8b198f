using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.WhatsApp;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Health;
using Gateway.Worker.Metrics;
using Gateway.Worker.Spool;
using Media.Engine;
using Media.Engine.Loop;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Worker.Tests;

/// <summary>Creates every instrument of the product and knows its Prometheus name.</summary>
internal sealed partial class ProductMetrics : IDisposable
{
    private static readonly Assembly[] Assemblies =
        [typeof(CallMetrics).Assembly, typeof(GraphMetrics).Assembly, typeof(SipEndpoint).Assembly, typeof(MediaEngine).Assembly,
            typeof(Gateway.Storage.Database).Assembly];

    private readonly HashSet<string> _names = [];
    private readonly MeterListener _listener = new();
    private readonly MediaEngine _media = new(new MediaEngineOptions { Loops = 1 }, TimeProvider.System, NullLogger<MediaEngine>.Instance);
    private readonly SipEndpoint _sip = new(
        new SipEndpointOptions { Listeners =
            [new SipListenerOptions { Transport = SipTransport.Udp, Bind = new IPEndPoint(IPAddress.Loopback, 0) }] },
        SystemEntropy.Instance, TimeProvider.System, NullLoggerFactory.Instance);
    private readonly TrunkMetrics _trunks;
    private readonly GroupGauges _groups;
    private readonly DrainGauges _drain = new(() => 0, () => 0);
    private readonly SpoolMetrics _spool;
    private readonly ClockWatch _clock;
    private readonly GcPauses _collections;

    public ProductMetrics()
    {
        _listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Name.StartsWith("gateway_", StringComparison.Ordinal)
                && !instrument.Name.StartsWith("gateway_test_", StringComparison.Ordinal))
                _names.Add(instrument.GetType().Name.Contains("Counter", StringComparison.Ordinal)
                    && !instrument.GetType().Name.Contains("UpDown", StringComparison.Ordinal)
                    ? instrument.Name + "_total" : instrument.Name);
        };
        _listener.Start();
        foreach (var type in Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(HasMeter))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        _media.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        _sip.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        _trunks = new TrunkMetrics(() => [], _sip.GetTrunkHealth, () => _sip.CertificateExpiries, TimeProvider.System);
        _groups = new GroupGauges(() => [], () => [], () => [], TimeProvider.System);
        _spool = new SpoolMetrics(() => 0, () => TimeSpan.Zero, () => 0);
        _collections = new GcPauses();
        _clock = new ClockWatch(new MetaClock(TimeProvider.System), () => { }, TimeProvider.System, NullLogger<ClockWatch>.Instance);
    }

    public IReadOnlyCollection<string> Names => _names;

    public static IEnumerable<string> NamesIn(string text) => Name().Matches(text).Select(m => m.Value).Distinct();

    public void Dispose()
    {
        _listener.Dispose();
        _trunks.Dispose();
        _groups.Dispose();
        _drain.Dispose();
        _spool.Dispose();
        _clock.Dispose();
        _collections.Dispose();
        _media.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _sip.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static bool HasMeter(Type type) =>
        !type.ContainsGenericParameters
        && type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(field => field.FieldType == typeof(Meter));

    [GeneratedRegex(@"\bgateway_[a-z_]+")]
    private static partial Regex Name();
}
