using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>One INVITE from a bare socket, to see what a SIP stack does not expose: every header of the final response.</summary>
internal static class SipProbe
{
    /// <summary>The final response.</summary>
    /// <param name="port">The gateway's.</param>
    /// <param name="target">The number.</param>
    /// <param name="givesUp">A CANCEL follows at once.</param>
    public static async Task<string> InviteAsync(int port, string target, bool givesUp = false)
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Connect(IPAddress.Loopback, port);
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var id = Guid.NewGuid().ToString("n");
        string[] methods = givesUp ? ["INVITE", "CANCEL"] : ["INVITE"];
        foreach (var method in methods)
            await socket.SendAsync(
                Encoding.ASCII.GetBytes(Request(socket, port, target, method, id, $"<sip:{target}@127.0.0.1:{port}>")), timeout.Token);
        while (true)
        {
            var response = Encoding.ASCII.GetString((await socket.ReceiveAsync(timeout.Token)).Buffer);
            if (response.StartsWith("SIP/2.0 1", StringComparison.Ordinal) || response.Contains("CANCEL\r\n", StringComparison.Ordinal))
                continue;
            var to = response.Split("\r\n").First(line => line.StartsWith("To:", StringComparison.Ordinal))[3..].Trim();
            await socket.SendAsync(Encoding.ASCII.GetBytes(Request(socket, port, target, "ACK", id, to)), timeout.Token);
            return response;
        }
    }

    private static string Request(UdpClient socket, int port, string target, string method, string id, string to)
    {
        var local = socket.Client.LocalEndPoint;
        return string.Join("\r\n",
        [
            $"{method} sip:{target}@127.0.0.1:{port} SIP/2.0", $"Via: SIP/2.0/UDP {local};rport;branch=z9hG4bK{id}", "Max-Forwards: 70",
            $"From: <sip:201@{local}>;tag={id}", $"To: {to}", $"Call-ID: {id}", $"CSeq: 1 {method}", $"Contact: <sip:201@{local}>",
            "Content-Length: 0", "", "",
        ]);
    }
}
