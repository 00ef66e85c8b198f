using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Media.Engine;
using Media.Engine.Loop;

namespace Sandbox.Tests;

/// <summary>A desk phone that sends the digital milliwatt (ITU-T G.711 table 5: 1000 Hz in µ-law), and hears nothing.</summary>
internal sealed class MilliwattPhone : IDisposable
{
    private static readonly byte[] Period = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E];

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sending;
    private IPEndPoint? _to;
    private int _version;

    public MilliwattPhone() => _sending = SendAsync();

    /// <summary>Takes the call's offer: from now on the call hears the tone.</summary>
    public async Task JoinAsync(MediaCall media, PbxMediaProfile profile)
    {
        var offer = (await media.CreatePbxOfferAsync(profile)).Sdp!;
        var port = ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;
        var answer = $"v=0\r\no=phone 1 {++_version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            + $"m=audio {port} RTP/AVP 0\r\n";
        var applied = await media.ApplyPbxAnswerAsync(answer, profile);
        Assert.True(applied.Succeeded, applied.Refusal.ToString());
        var line = offer.Split("\r\n").Single(one => one.StartsWith("m=audio ", StringComparison.Ordinal));
        Volatile.Write(ref _to, new IPEndPoint(IPAddress.Loopback, int.Parse(line.Split(' ')[1])));
    }

    public void Dispose()
    {
        _end.Cancel();
        _sending.GetAwaiter().GetResult();
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task SendAsync()
    {
        var packet = new byte[12 + 160];
        packet[0] = 0x80;
        for (var i = 12; i < packet.Length; i++)
            packet[i] = Period[(i - 12) % Period.Length];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            for (ushort sequence = 0; await timer.WaitForNextTickAsync(_end.Token); sequence++)
            {
                if (Volatile.Read(ref _to) is not { } to)
                    continue;
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), sequence * 160u);
                await _socket.SendAsync(packet, to, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The call is over.
        }
    }
}
