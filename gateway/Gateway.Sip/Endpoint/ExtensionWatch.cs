using System.Threading.Channels;
using Gateway.Sip.Subscriptions;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// An extension of a trunk's PBX that is watched until this is disposed. Thread-safe. States come within seconds of a change; where the PBX
/// does not answer, refuses or has forgotten, the state is <see cref="ExtensionState.Unknown"/> and is asked for again with back-off.
/// </summary>
public sealed class ExtensionWatch : IDisposable
{
    private readonly Channel<ExtensionState> _states =
        Channel.CreateBounded<ExtensionState>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Action<ExtensionWatch> _end;
    private volatile ExtensionState _state;

    /// <param name="trunk">Name of the trunk.</param>
    /// <param name="extension">The user part that the PBX knows it by.</param>
    /// <param name="end">Lets the endpoint's loop unsubscribe.</param>
    internal ExtensionWatch(string trunk, string extension, Action<ExtensionWatch> end) =>
        (Trunk, Extension, _end) = (trunk, extension, end);

    public string Trunk { get; }

    public string Extension { get; }

    /// <summary>The latest state.</summary>
    public ExtensionState State => _state;

    /// <summary>
    /// Each new state; a reader that is late finds the latest one alone. Completes with the endpoint or this watch, and at once where there
    /// is no such trunk or too much is watched already.
    /// </summary>
    public ChannelReader<ExtensionState> States => _states.Reader;

    /// <summary>Unsubscribes. Idempotent.</summary>
    public void Dispose()
    {
        if (_states.Writer.TryComplete())
            _end(this);
    }

    internal void Deliver(ExtensionState state)
    {
        _state = state;
        _states.Writer.TryWrite(state);
    }

    /// <summary>Nothing more will come of it.</summary>
    internal void Complete()
    {
        _state = ExtensionState.Unknown;
        _states.Writer.TryComplete();
    }
}
