using System.Net.Sockets;
using Gateway.Sip.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Tests.Transport;

public class AcceptorTests
{
    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    public async Task Waits_with_one_log_line_while_nothing_can_be_accepted_and_goes_on_afterwards(SocketError error)
    {
        var log = new ListLogger();
        using var stop = new CancellationTokenSource();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var attempts = 0;
        var faults = 0;
        var admitted = new TaskCompletionSource();
        Acceptor? acceptor = null;
        acceptor = new Acceptor(
            async token =>
            {
                if (attempts > 5)
                    await Task.Delay(-1, token);
                faults += acceptor!.Fault is null ? 0 : 1;
                return ++attempts <= 5 ? throw new SocketException((int)error) : socket;
            },
            _ => admitted.TrySetResult(), TimeProvider.System, log);
        var running = acceptor.RunAsync(stop.Token);
        await admitted.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Null(acceptor.Fault);
        await stop.CancelAsync();
        await running;
        Assert.Equal(5, faults);
        Assert.Equal([LogLevel.Error, LogLevel.Information], log.Levels);
    }

    [Fact]
    public async Task A_peer_that_is_gone_before_it_is_admitted_costs_nothing()
    {
        var log = new ListLogger();
        using var stop = new CancellationTokenSource();
        var sockets = new Queue<Socket>(
            Enumerable.Range(0, 3).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)));
        var all = sockets.ToArray();
        var acceptor = new Acceptor(
            async token =>
            {
                if (sockets.TryDequeue(out var next))
                    return next;
                await stop.CancelAsync();
                throw new OperationCanceledException(token);
            },
            _ => throw new SocketException((int)SocketError.NotConnected), TimeProvider.System, log);
        await acceptor.RunAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.All(all, socket => Assert.True(socket.SafeHandle.IsClosed));
        Assert.Empty(log.Levels);
    }

    private sealed class ListLogger : ILogger
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
    }
}
