using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Tests.Messages;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>
/// The torture messages of RFC 4475 as datagrams to a running endpoint, with the first response. The endpoint is a gateway, so it
/// recognises REGISTER and MESSAGE but refuses them (405), and a new INVITE is a call (100).
/// </summary>
public sealed class TortureOverUdpTests
{
    private const int NoAnswer = 0;

    // The missing quote of quotbal is inferred, so it is a call, and its answer goes to port 5050, which its Via names.
    private static readonly (string Name, int Status)[] Expected =
    [
        ("wsinv", 481), ("intmeth", 501), ("esc01", 100), ("escnull", 405), ("esc02", 501), ("lwsdisp", 200), ("longreq", 100),
        ("dblreq", 405),
        ("semiuri", 200), ("transports", 200), ("mpart01", 405), ("unreason", NoAnswer), ("noreason", NoAnswer), ("badinv01", 400),
        ("clerr", 400),
        ("ncl", 400), ("scalar02", 400), ("scalarlg", NoAnswer), ("quotbal", NoAnswer), ("ltgtruri", 400), ("lwsruri", 400),
        ("lwsstart", 400), ("trws", 400),
        ("escruri", 400), ("baddate", 100), ("regbadct", 405), ("badaspec", 200), ("baddn", 200), ("badvers", 505), ("mismatch01", 400),
        ("mismatch02", 400), ("bigcode", NoAnswer), ("badbranch", 200), ("insuf", 400), ("unkscm", 416), ("novelsc", 416), ("unksm2", 405),
        ("bext01", 420), ("invut", 415), ("regaut01", 405), ("multi01", 400), ("mcl01", 400), ("bcast", NoAnswer), ("zeromf", 200),
        ("cparam01", 405),
        ("cparam02", 405), ("regescrt", 405), ("sdp01", 406), ("inv2543", 100),
    ];

    /// <summary>
    /// These repeat the branch, sent-by and method of another message, so to one server they would be its retransmission.
    /// </summary>
    private static readonly string[] WithUsedBranch = ["novelsc", "cparam02", "regescrt"];

    [Fact]
    public async Task Every_torture_message_gets_its_answer_and_the_endpoint_lives_on()
    {
        Assert.Equal(TortureMessage.Names, Expected.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        // Most of the messages have no rport: answers go to the port their Via names, which is 5060. The address is this run's own.
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(new IPAddress([127, 44, (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]), 5060));
        var trunk = EndpointBench.Trunk(9) with { AllowedSources = [IPNetwork.Parse("127.0.0.0/8")] };
        await using var endpoint = await EndpointBench.StartAsync(trunks: trunk);
        await using var other = await EndpointBench.StartAsync(trunks: trunk);

        List<string> wrong = [];
        foreach (var (name, status) in Expected)
        {
            var port = EndpointBench.PortOf(WithUsedBranch.Contains(name) ? other : endpoint);
            await peer.SendToAsync(TortureMessage.Read(name), new IPEndPoint(IPAddress.Loopback, port));
            if (status == NoAnswer)
                continue; // an answer would be found by the messages after it: none has this name
            var answer = await ReceiveAnswerToAsync(peer, name);
            if (answer != status)
                wrong.Add($"{name}: {answer} instead of {status}");
        }
        Assert.Empty(wrong);
        Assert.Equal(5, endpoint.ActiveCalls);
    }

    /// <summary>
    /// The status of the first datagram about this message; those about others are repetitions. Call-IDs begin with the message's name,
    /// except two.
    /// </summary>
    private static async Task<int> ReceiveAnswerToAsync(Socket peer, string name)
    {
        var mark = name switch
        {
            "mpart01" => "CSeq: 1 MESSAGE",
            "insuf" => "CSeq: 193942 INVITE",
            _ => $"Call-ID: {name}.",
        };
        var buffer = new byte[65_536];
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            string text;
            try
            {
                text = Encoding.Latin1.GetString(buffer, 0, await peer.ReceiveAsync(buffer, timeout.Token));
            }
            catch (OperationCanceledException)
            {
                return NoAnswer;
            }
            Assert.DoesNotContain(
                Expected, entry => entry.Status == NoAnswer && text.Contains($"Call-ID: {entry.Name}.", StringComparison.Ordinal));
            if (text.Contains(mark, StringComparison.Ordinal))
                return int.Parse(text.AsSpan("SIP/2.0 ".Length, 3), CultureInfo.InvariantCulture);
        }
    }
}
