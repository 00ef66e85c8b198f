using Benchmarks;
using Load.Processes;

namespace Load.Servers;

/// <summary>What is measured: a server that stands between users and phones, in processes of its own.</summary>
internal interface ILoadedServer : IAsyncDisposable
{
    /// <summary>Of the server alone. Valid once it was started.</summary>
    ProcessTree Processes { get; }

    /// <summary>Of the stores that it needs; null: none.</summary>
    ProcessTree? Stores { get; }

    /// <summary>Its runtime compiles a call's code while calls come, and once more what has had a thousand uses.</summary>
    bool CompilesAsItRuns => false;

    /// <exception cref="NotInstalledException">It is not on this machine, and cannot be installed.</exception>
    Task StartAsync(CancellationToken stop);

    /// <summary>The user calls, the phone picks up at once.</summary>
    /// <returns>False: not answered within <see cref="Timeout"/>.</returns>
    Task<bool> PlaceAsync(string user, BridgeFarEnd ends, CancellationToken stop);

    /// <summary>The user hangs up. Returns when the phone knows.</summary>
    Task HangUpAsync(string user, CancellationToken stop);

    /// <summary>What its own books say when no call is live: null where every call is in them, else what is missing.</summary>
    Task<string?> FindFaultAsync(int placed, int answered, CancellationToken stop);

    /// <summary>So long a call may take to be answered, or to end.</summary>
    static TimeSpan Timeout => TimeSpan.FromSeconds(10);
}

/// <summary>A peer that is not on this machine; the message says why.</summary>
internal sealed class NotInstalledException(string message) : Exception(message);
