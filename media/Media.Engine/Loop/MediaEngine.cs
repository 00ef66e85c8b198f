using System.Diagnostics.CodeAnalysis;
using Media.Engine.Audio;
using Media.Engine.Codecs;
using Media.Native.Checks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Media.Engine.Loop;

/// <summary>
/// Runs the media of every call of this process: loop threads that own the sockets, the WhatsApp ports they share, and a pool of PBX port
/// pairs. Start it once; reserve a <see cref="MediaCall"/> per call; dispose it to end what is left. Thread-safe.
/// Its meter is named `Gateway.Media`.
/// </summary>
public sealed partial class MediaEngine : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly InstantClock _clock;
    private readonly TimeProvider _time;
    private readonly ISendGate? _gate;
    private readonly PortAllocator _ports;
    private readonly Lock _lock = new();
    private readonly Dictionary<MediaCall, int> _calls = []; // and the index of the loop
    private MediaLoop[] _loops = [];
    private int[] _load = [];
    private DtlsCertificates? _certificates;
    private ProcessWatch? _process;
    private MediaMeter? _meter;
    private LoopGuard? _guard;
    private bool _isStopped;

    /// <exception cref="ArgumentException">The options do not pass <see cref="MediaEngineOptions.Validate"/>; the message lists every
    /// error.</exception>
    public MediaEngine(
        MediaEngineOptions options, TimeProvider time, ILogger<MediaEngine>? logger = null, ISendGate? gate = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new ArgumentException("Media options: " + string.Join(" ", errors), nameof(options));
        Options = options;
        _time = time;
        _gate = gate;
        _logger = (ILogger?)logger ?? NullLogger.Instance;
        _clock = new InstantClock(time);
        _ports = new PortAllocator(options.Pbx.PortMin, options.Pbx.PortMax, options.Pbx.Quarantine, SystemEntropy.Instance);
    }

    /// <summary>Calls reserved and not yet released.</summary>
    public int ActiveCalls
    {
        get
        {
            lock (_lock)
                return _calls.Count;
        }
    }

    /// <summary>
    /// A loop has time for another call, and the process: measured, and with what calls will take whose audio is not open yet. Whoever
    /// begins a call should ask before; <see cref="TryReserve"/> does not. True as long as the loops do not run.
    /// </summary>
    public bool HasHeadroom
    {
        get
        {
            lock (_lock)
                return _loops.Length == 0
                    || (_loops.Where((loop, i) => loop.Watch.HasRoom(_load[i])).Any() && _process!.HasRoom(_calls.Count));
        }
    }

    /// <summary>
    /// What sets up calls waits long for a processor: each further call that begins makes all of them answer later. False as long as the
    /// loops do not run.
    /// </summary>
    public bool IsBehind
    {
        get
        {
            lock (_lock)
                return _process is { IsBehind: true };
        }
    }

    internal MediaEngineOptions Options { get; }

    internal IReadOnlyList<MediaLoop> Loops => _loops;

    /// <summary>Checks the native libraries, binds the WhatsApp ports and starts the loops.</summary>
    /// <exception cref="InvalidOperationException">A native library is unusable or a WhatsApp port cannot be bound; the message says which
    /// and why.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (openSsl, opus) = (NativeLibraries.CheckOpenSsl(_time), OpusCodecs.Choose(Options.Opus.Implementation));
        if ((openSsl.Error ?? opus.Error) is { } unusable)
            throw new InvalidOperationException(unusable);
        if (opus.Notice is { } notice)
            LogManagedOpus(notice);
        _ = BuiltInClips.HoldMusic; // takes longer to render than a loop may stand still
        _certificates = new DtlsCertificates(_time);
        var loops = new List<MediaLoop>();
        var process = new ProcessWatch(Options, Processors.Count(), _clock.Now, _logger);
        var wait = new PoolWait(_clock);
        try
        {
            for (var i = 0; i < Options.EffectiveLoops; i++)
                loops.Add(new MediaLoop(i, Options, _ports, _clock, SystemEntropy.Instance, _logger, _gate));
            loops[0].Watch.AtReading = now =>
                process.Handle(Environment.CpuUsage.TotalTime, wait.Read(now), CountOpen(loops), now);
            loops.ForEach(loop => loop.Start());
            _guard = new LoopGuard([.. loops.Select(loop => loop.Turn)], _clock);
        }
        catch
        {
            loops.ForEach(loop => loop.Dispose());
            _certificates.Dispose();
            throw;
        }
        lock (_lock)
        {
            _load = new int[loops.Count];
            _loops = [.. loops];
            _process = process;
        }
        _meter = new MediaMeter(_loops, _ports, () => ActiveCalls, process);
        loops[0].Post(() =>
        {
            if (!loops[0].HasPriority)
                LogNoPriority();
        });
        LogStarted(loops.Count, _ports.Capacity, opus.Version, openSsl.Version);
        return Task.CompletedTask;
    }

    /// <summary>On a loop's thread, at each reading: nothing is allocated.</summary>
    private static int CountOpen(List<MediaLoop> loops)
    {
        var open = 0;
        foreach (var loop in loops)
            open += loop.Watch.OpenCalls;
        return open;
    }

    /// <summary>
    /// Takes a PBX port pair and a place on the loop with the fewest calls of those that have time. False: no ports, or not running.
    /// </summary>
    public bool TryReserve([NotNullWhen(true)] out MediaCall? call)
    {
        lock (_lock)
        {
            call = null;
            if (_isStopped || _loops.Length == 0 || !_ports.TryTake(_clock.Now, out var port))
                return false;
            var index = Enumerable.Range(0, _loops.Length).MinBy(i => (!_loops[i].Watch.HasRoom(_load[i]), _load[i]));
            var loop = _loops[index];
            call = new MediaCall(loop, loop.Open(new DtlsIdentity(_certificates!.Current), port), _time, Forget);
            _calls.Add(call, index);
            _load[index]++;
            return true;
        }
    }

    /// <summary>
    /// Goes on with a call of another process from ports of our own. The user's side is asked at once to follow
    /// (<see cref="MediaEvent.WhatsAppConnected"/>, and audio flows); the PBX has to be told by an offer of
    /// <see cref="MediaCall.CreatePbxOfferAsync"/>, until whose answer it is sent media where it was before.
    /// </summary>
    /// <param name="snapshot">As <see cref="MediaSnapshotJson.TryRead"/> gave it.</param>
    /// <param name="profile">Of the trunk that the call's pbx leg is with.</param>
    /// <param name="takeovers">
    /// How often the call has changed hands since the snapshot was written: more than once where an owner died before it wrote its own.
    /// Each keeps its streams apart from those of the others by as many packets as it may have sent: no SRTP index is used twice.
    /// </param>
    /// <exception cref="ArgumentException">The snapshot does not pass <see cref="MediaSnapshot.Validate"/>.</exception>
    /// <exception cref="InvalidOperationException">The engine does not run, or has no port.</exception>
    public MediaCall Resume(MediaSnapshot snapshot, PbxMediaProfile profile, int takeovers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(takeovers);
        var errors = snapshot.Validate();
        if (errors.Count > 0)
            throw new ArgumentException("Media snapshot: " + string.Join(" ", errors), nameof(snapshot));
        if (!TryReserve(out var call))
            throw new InvalidOperationException("A call cannot be resumed: there is no media port left, or the engine does not run.");
        call.Resume(snapshot, profile, takeovers);
        return call;
    }

    /// <summary>Releases every call, stops the loops and closes the sockets. A second time it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        MediaCall[] left;
        lock (_lock)
        {
            _isStopped = true;
            left = [.. _calls.Keys];
        }
        await Task.WhenAll(left.Select(call => call.ReleaseAsync()));
        _meter?.Dispose();
        foreach (var loop in _loops)
            loop.Dispose();
        Interlocked.Exchange(ref _guard, null)?.Dispose();
        _certificates?.Dispose();
    }

    private void Forget(MediaCall call)
    {
        lock (_lock)
            if (_calls.Remove(call, out var index))
                _load[index]--;
    }

    [LoggerMessage(LogLevel.Information, "The system gives media threads no priority over others (LimitRTPRIO=5, --ulimit rtprio=5 "
        + "or CAP_SYS_NICE would allow it): under heavy load audio may stutter.")]
    private partial void LogNoPriority();

    [LoggerMessage(LogLevel.Information, "Media runs on {Loops} loops with {Pairs} PBX port pairs, {Opus}, {OpenSsl}.")]
    private partial void LogStarted(int loops, int pairs, string opus, string openSsl);

    [LoggerMessage(LogLevel.Warning, "{Notice}")]
    private partial void LogManagedOpus(string notice);
}
