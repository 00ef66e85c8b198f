using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>A registrar scripted by a test over TCP.</summary>
public sealed class RegistrationFlowTests : IDisposable
{
    private readonly Socket _registrar = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(20));

    public RegistrationFlowTests()
    {
        _registrar.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.1"), 0));
        _registrar.Listen();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Registers_again_at_once_when_the_connection_of_its_registration_ends(bool byReset)
    {
        await using var gateway = await StartAsync();
        var first = await _registrar.AcceptAsync(_end.Token);
        await AnswerAsync(first, "200 OK");
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.Registered == true);
        first.LingerState = new LingerOption(byReset, 0);
        first.Close();
        using var second = await _registrar.AcceptAsync(_end.Token);
        await AnswerAsync(second, "200 OK");
        Assert.True(gateway.GetTrunkHealth("pbx")!.Registered);
    }

    [Fact]
    public async Task A_refused_registration_is_seen_with_the_registrars_words()
    {
        await using var gateway = await StartAsync();
        using var connection = await _registrar.AcceptAsync(_end.Token);
        await AnswerAsync(connection, "403 Wrong password");
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.Cause is not null);
        var health = gateway.GetTrunkHealth("pbx")!;
        Assert.Equal((false, "REGISTER answered 403 Wrong password"), (health.Registered, health.Cause));
        Assert.False(health.CanCarryCalls);
    }

    [Fact]
    public async Task Connections_leave_from_the_address_of_the_listener()
    {
        await using var gateway = await StartAsync("127.0.0.7");
        using var connection = await _registrar.AcceptAsync(_end.Token);
        Assert.Equal(IPAddress.Parse("127.0.0.7"), ((IPEndPoint)connection.RemoteEndPoint!).Address);
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _registrar.Dispose();
    }

    private Task<SipEndpoint> StartAsync(string from = "127.0.0.1") => EndpointBench.StartAsync(
        SipTransport.Tcp, IPAddress.Parse(from),
        trunks: EndpointBench.Trunk(((IPEndPoint)_registrar.LocalEndPoint!).Port, SipTransport.Tcp) with { RegisterUser = "6001" });

    private async Task AnswerAsync(Socket connection, string status)
    {
        var buffer = new byte[8192];
        var request = Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer, _end.Token));
        var kept = request.Split("\r\n")
            .Where(line => line.StartsWith("Via", StringComparison.Ordinal) || line.StartsWith("From", StringComparison.Ordinal)
            || line.StartsWith("To", StringComparison.Ordinal) || line.StartsWith("Call-ID", StringComparison.Ordinal)
            || line.StartsWith("CSeq", StringComparison.Ordinal) || line.StartsWith("Contact", StringComparison.Ordinal));
        await connection.SendAsync(Encoding.ASCII.GetBytes(
            $"SIP/2.0 {status}\r\n{string.Join("\r\n", kept)}\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n"), _end.Token);
    }

    private async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
            await Task.Delay(5, _end.Token);
    }
}
