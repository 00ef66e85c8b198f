using System.Buffers.Binary;
using System.Text;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Gateway.Worker.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A call is captured on demand: its SIP and its audio in the clear, for as long and as much as was asked for.</summary>
[Collection(StoresCollection.Name)]
public sealed class CaptureTests(Stores stores)
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task A_capture_has_both_legs_audio_in_the_clear_and_the_SIP_messages()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        var id = new CallId(await bench.IdAsync(call.User));
        var control = bench.Gateway.Service<CallControl>();
        var command = new NodeCommand.CaptureCall(id, Guid.NewGuid().ToString("n"), 60, 1_000_000, "test");
        Assert.Equal(CommandOutcome.Done, control.Capture(command).Outcome);
        Assert.Equal("capture_in_progress", control.Capture(command with { Id = Id }).Code);
        var before = agent.Phone.Received;
        await Eventually.SeeAsync(() => agent.Phone.Received > before + 25, "half a second of audio");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);

        var store = new CallCaptureStore(NpgsqlDataSource.Create(stores.Postgres));
        var capture = await Eventually.SeeAsync(
            () => store.FindAsync(command.Id, id, CancellationToken.None), found => found is not null, "the capture is stored");
        var packets = Packets(capture!.File).ToArray();
        Assert.Equal((capture.Packets, false), (packets.Length, capture.IsFull));
        Assert.Contains(packets, packet => Encoding.ASCII.GetString(packet.Payload).StartsWith("BYE ", StringComparison.Ordinal));
        byte[] sides = [2, 3];
        var audio = packets.Where(one => one.Port is 4000 or 5000 && one.Payload[0] >> 6 == 2).ToArray(); // RTP's version
        foreach (var side in sides)
        {
            Assert.True(audio.Count(one => one.From == side) > 10, $"from {side}");
            Assert.True(audio.Count(one => one.To == side) > 10, $"to {side}");
        }
    }

    [Fact]
    public async Task A_call_that_is_not_here_is_not_captured()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var command = new NodeCommand.CaptureCall(new CallId("none"), Id, 1, 65_536, "test");
        Assert.Equal(CommandOutcome.UnknownCall, bench.Gateway.Service<CallControl>().Capture(command).Outcome);
    }

    /// <summary>The last byte of each IPv4 address, the source's port, and what was in it.</summary>
    private static IEnumerable<(byte From, byte To, int Port, byte[] Payload)> Packets(byte[] file)
    {
        for (var at = 24; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8));
            var packet = file.AsSpan(at + 16, length);
            yield return (packet[15], packet[19], BinaryPrimitives.ReadUInt16BigEndian(packet[20..]), packet[28..].ToArray());
            at += 16 + length;
        }
    }
}
