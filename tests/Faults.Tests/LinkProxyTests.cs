using System.Net;
using System.Net.Sockets;
using Faults.Nodes;

namespace Faults.Tests;

/// <summary>A cut link carries nothing, and afterwards what was sent meanwhile.</summary>
public sealed class LinkProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Nothing = TimeSpan.FromMilliseconds(200), Timeout = TimeSpan.FromSeconds(20);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly TcpClient _client = new();
    private TcpClient _accepted = null!;
    private LinkProxy _link = null!;

    public async Task InitializeAsync()
    {
        _server.Start();
        _link = new LinkProxy(((IPEndPoint)_server.LocalEndpoint).Port);
        await _client.ConnectAsync(IPAddress.Loopback, _link.Port);
        _accepted = await _server.AcceptTcpClientAsync();
    }

    [Fact]
    public async Task Carries_both_directions()
    {
        await PassesAsync(_client, _accepted);
        await PassesAsync(_accepted, _client);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cut_in_one_direction_it_carries_the_other(bool toServer)
    {
        _link.Cut(toServer, !toServer);
        var (from, to) = toServer ? (_client, _accepted) : (_accepted, _client);
        await from.GetStream().WriteAsync(new byte[] { 7 });
        var comes = to.GetStream().ReadAtLeastAsync(new byte[1], 1).AsTask();
        await PassesAsync(to, from);
        Assert.NotSame(comes, await Task.WhenAny(comes, Task.Delay(Nothing)));
        _link.Mend();
        Assert.Equal(1, await comes.WaitAsync(Timeout));
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _accepted.Dispose();
        _link.Dispose();
        _server.Dispose();
        return Task.CompletedTask;
    }

    private static async Task PassesAsync(TcpClient from, TcpClient to)
    {
        var bytes = new byte[1];
        await from.GetStream().WriteAsync(new byte[] { 9 });
        await to.GetStream().ReadExactlyAsync(bytes).AsTask().WaitAsync(Timeout);
        Assert.Equal(9, bytes[0]);
    }
}
