using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Media.Engine;

/// <summary>
/// Runs the media of every call of this process: loop threads that own the sockets, a WhatsApp port per loop, and a pool of PBX port pairs.
/// Start it once; reserve a <see cref="MediaCall"/> per call; dispose it to end what is left. Thread-safe.
/// Its meter is named `Gateway.Media`.
/// </summary>
public sealed class MediaEngine : IAsyncDisposable
{
    private readonly ILogger _logger;

    /// <exception cref="ArgumentException">The options do not pass <see cref="MediaEngineOptions.Validate"/>; the message lists every error.</exception>
    public MediaEngine(MediaEngineOptions options, TimeProvider time, ILogger<MediaEngine>? logger = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new ArgumentException("Media options: " + string.Join(" ", errors), nameof(options));
        Options = options;
        Time = time;
        _logger = (ILogger?)logger ?? NullLogger.Instance;
    }

    internal MediaEngineOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>Calls reserved and not yet released.</summary>
    public int ActiveCalls { get; private set; }

    /// <summary>Checks the native libraries, binds the WhatsApp ports and starts the loops.</summary>
    /// <exception cref="InvalidOperationException">A native library is unusable or a WhatsApp port cannot be bound; the message says which and why.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = _logger;
        return Task.CompletedTask;
    }

    /// <summary>Takes a PBX port pair and a place on the least loaded loop. False: no capacity, or not running.</summary>
    public bool TryReserve([NotNullWhen(true)] out MediaCall? call)
    {
        call = null;
        return ActiveCalls < 0;
    }

    /// <summary>Releases every call, stops the loops and closes the sockets.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
