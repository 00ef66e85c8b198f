using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using StackExchange.Redis;

namespace AdminConsole.Tests;

/// <summary>
/// A live call of anna's at a node of its own, which takes commands, and shows of consultations what a gateway does. That a real one does
/// it is proved in tests/Interop.
/// </summary>
public sealed class ConsultedCall : IAsyncDisposable
{
    private readonly ConsoleBench _bench;
    private readonly string _node = "gateway-" + Guid.NewGuid().ToString("n");
    private readonly ConcurrentQueue<NodeCommand> _commands = new();
    private readonly NodeCommandListener _listener;
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;

    private ConsultedCall(ConsoleBench bench)
    {
        _bench = bench;
        _listener = new NodeCommandListener(bench.Get<IConnectionMultiplexer>(), _node, TakeAsync);
    }

    public CallId Id { get; } = new(Guid.NewGuid().ToString("n"));

    public string WhatsAppId => "wacid." + Id.Value;

    /// <summary>Those that came, in order.</summary>
    public IReadOnlyCollection<NodeCommand> Commands => _commands;

    public static async Task<ConsultedCall> StartAsync(ConsoleBench bench)
    {
        var call = new ConsultedCall(bench);
        await bench.Samples.TrunksAsync(call._node, "office");
        await call._listener.StartAsync();
        await call.BecomeAsync(ConsultationState.None);
        return call;
    }

    public Task BecomeAsync(ConsultationState state) => _bench.Get<ICallRegistry>().PublishAsync(
        new LiveCall(
            Id, new WhatsAppCallId(WhatsAppId), CallDirection.Inbound, new ChannelId(ConsoleSamples.Channel), "…5678", "office", "anna",
            CallState.Live, _startedAt, _startedAt, _node) { Consultation = state },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _listener.StopAsync();
        await _bench.Get<ICallRegistry>().RemoveAsync(Id, 1, CancellationToken.None);
    }

    private async Task<CommandReply> TakeAsync(NodeCommand command)
    {
        _commands.Enqueue(command);
        await BecomeAsync(command is NodeCommand.Transfer ? ConsultationState.Ringing : ConsultationState.None);
        return CommandReply.Done;
    }
}
