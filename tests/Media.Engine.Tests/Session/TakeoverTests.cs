using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Media.Engine.Quality;
using Media.Engine.Session;
using Media.Protocols.Datagrams;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;
using Testing;
using Xunit.Abstractions;

namespace Media.Engine.Tests.Session;

/// <summary>A session ends without a word, and another at other addresses goes on with its call, in virtual time.</summary>
public sealed class TakeoverTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>The taken session may control ICE or not: its peer, a full agent, follows the new address at once.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 0.05)]
    [InlineData(false, 0.05)]
    public void Both_ends_hear_each_other_again(bool takesCaller, double loss)
    {
        using var world = new SessionWorld(7, loss);
        world.Connect();
        world.Run(5 * Second);
        var (taken, other) = takesCaller ? (world.Caller, world.Callee) : (world.Callee, world.Caller);
        var snapshot = Save(world, taken);
        world.Run(2 * Second);
        var left = world.Clock.Now;
        other.Phone.Meter.Clear();
        taken.Phone.Meter.Clear();
        var survivor = world.TakeOver(taken, snapshot, 3);
        world.AddPhone(survivor);
        world.RunUntil(() => survivor.Events.OfType<MediaEvent.WhatsAppConnected>().Any(), 3 * Second, "connected again");
        output.WriteLine($"Connected again after {(world.Clock.Now - left).TotalMilliseconds:0} ms.");
        world.Run(3 * Second);
        survivor.Phone.Press("123");
        other.Phone.Press("456#");
        world.Run(3 * Second);
        Assert.Equal(("456#", "123"), (survivor.Phone.Digits, other.Phone.Digits));
        Hears(world, other.Phone, takesCaller ? 600 : 1000);
        Hears(world, survivor.Phone, takesCaller ? 1000 : 600);
        Assert.DoesNotContain(other.Events, happened => happened is MediaEvent.WhatsAppFailed or MediaEvent.Failed);
        Assert.True(other.Quality.WhatsApp.PacketsReceived > 0);
    }

    /// <summary>
    /// Checkpoints of any age up to two seconds, at any time, again and again: all that was ever sent is one stream to a receiver with the
    /// same keys, which takes no index twice (libsrtp, too, guesses the rollover from the highest index it has seen).
    /// </summary>
    [Fact]
    public void No_SRTP_index_is_used_twice_for_a_source()
    {
        var packets = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            using var world = new SessionWorld(seed);
            world.Connect();
            var wire = Capture(world);
            var taken = world.Callee;
            MediaSnapshot? snapshot = null;
            for (var number = 3; number < 9; number++)
            {
                world.Run(random.NextDouble() * 3 * Second);
                snapshot = Save(world, taken);
                world.Run(random.NextDouble() * 2 * Second);
                var silence = random.NextDouble() * 3 * Second;
                taken.Port.IsMuted = true;
                world.Run(silence);
                taken = world.TakeOver(taken, snapshot, number);
                world.RunUntil(() => taken.Events.OfType<MediaEvent.WhatsAppConnected>().Any(), 3 * Second, $"connected, seed {seed}");
                if (random.Next(2) == 0)
                    world.AddPhone(taken);
                world.Run(random.NextDouble() * Second + Second / 10);
            }
            packets += AssertUsesNoIndexTwice(wire, snapshot!, seed);
            world.Internet.Passes = _ => false;
            world.Run(Second); // what is under way arrives: the peer's own receiver has taken all of it
            Assert.Equal(0, world.Caller.Counters.Drops(DropReason.Srtp));
        }
        output.WriteLine($"{packets} packets, 240 takeovers, no index twice.");
    }

    /// <summary>Owners that die before they leave a snapshot all go on from the same one: their tokens keep them apart.</summary>
    [Fact]
    public void Owners_that_go_on_from_one_snapshot_use_no_index_twice()
    {
        using var world = new SessionWorld(5);
        world.Connect();
        world.Run(3 * Second);
        var wire = Capture(world);
        var snapshot = Save(world, world.Callee);
        var taken = world.Callee;
        for (var takeovers = 1; takeovers <= 2; takeovers++)
        {
            taken = world.TakeOver(taken, snapshot, 2 + takeovers, takeovers);
            world.Run(5 * Second);
        }
        Assert.True(AssertUsesNoIndexTwice(wire, snapshot, 5) > 400);
    }

    [Fact]
    public void A_call_that_is_handed_over_loses_no_sequence_number()
    {
        using var world = new SessionWorld(3);
        world.Connect();
        world.Run(3 * Second);
        var lost = world.Caller.Quality.WhatsApp.PacketsLost;
        var survivor = world.TakeOver(world.Callee, Save(world, world.Callee) with { IsExact = true }, 3);
        world.AddPhone(survivor);
        world.Run(5 * Second);
        Assert.Equal(lost, world.Caller.Session.Release(world.Clock.Now).WhatsApp.PacketsLost);
    }

    [Fact]
    public void The_user_of_a_held_call_hears_music_again_and_no_event_repeats_the_hold()
    {
        using var world = new SessionWorld(4);
        world.Connect();
        world.Run(2 * Second);
        Ok(world.Callee.Session.AnswerPbxOffer(default, world.Callee.Phone.Describe("sendonly"), world.Profile, world.Clock.Now));
        world.Callee.Phone.FallSilent();
        world.Run(6 * Second);
        var survivor = world.TakeOver(world.Callee, Save(world, world.Callee), 3);
        world.Caller.Phone.Meter.Clear();
        world.Run(6 * Second);
        Assert.NotNull(world.Caller.Phone.Meter.Hertz());
        Assert.DoesNotContain(survivor.Events, happened => happened is MediaEvent.PbxHeld or MediaEvent.PbxResumed);
        Ok(survivor.Session.AnswerPbxOffer(default, survivor.Phone.Describe("sendrecv"), world.Profile, world.Clock.Now));
        survivor.Phone.Talk(world.Clock.Now);
        world.Run(Second);
        Assert.Contains(survivor.Events, happened => happened is MediaEvent.PbxResumed);
    }

    [Fact]
    public void The_offer_of_the_other_process_is_the_next_of_the_same_session()
    {
        using var world = new SessionWorld(6);
        world.Connect();
        world.Run(Second);
        var before = Ok(world.Callee.Session.CreatePbxOffer(default, world.Profile, world.Clock.Now))!;
        var snapshot = Save(world, world.Callee);
        var survivor = world.TakeOver(world.Callee, snapshot, 3);
        var after = Ok(survivor.Session.CreatePbxOffer(default, world.Profile, world.Clock.Now))!;
        Assert.Equal(Origin(before).Id, Origin(after).Id);
        Assert.Equal(Origin(before).Version + 1, Origin(after).Version);
        Assert.Contains("c=IN IP4 192.0.2.3\r\n", after);
        Assert.Contains(" RTP/AVP 0 ", after);
    }

    [Fact]
    public void A_snapshot_passes_through_JSON_unchanged()
    {
        using var world = new SessionWorld(8);
        world.Connect();
        world.Run(2 * Second);
        var json = MediaSnapshotJson.Write(Save(world, world.Caller));
        Assert.True(MediaSnapshotJson.TryRead(json, out var read, out var error), error);
        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(MediaSnapshotJson.Write(read)));
        output.WriteLine($"{json.Length} bytes");
    }

    /// <summary>A reader by reflection keeps the initial values of what the text lacks; so must the one that was generated.</summary>
    [Fact]
    public void What_an_older_version_did_not_save_has_its_initial_value()
    {
        using var world = new SessionWorld(8);
        world.Connect();
        world.Run(2 * Second);
        var byReflection = new JsonSerializerOptions(MediaSnapshotContext.Default.Options)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new JsonStringEnumConverter() },
        };
        var usable = 0;
        foreach (var (missing, json) in OlderJson.Of(MediaSnapshotJson.Write(Save(world, world.Caller))))
        {
            MediaSnapshotJson.TryRead(json, out var read, out _);
            Assert.Equal((missing, Text(Read(json))), (missing, Text(read)));
            usable += read is null ? 0 : 1;
        }
        Assert.True(usable > 3, $"{usable}");

        MediaSnapshot? Read(byte[] json)
        {
            try
            {
                return JsonSerializer.Deserialize<MediaSnapshot>(json, byReflection) is { } read && read.Validate() is [] ? read : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        static string? Text(MediaSnapshot? snapshot) =>
            snapshot is null ? null : Encoding.UTF8.GetString(MediaSnapshotJson.Write(snapshot));
    }

    [Fact]
    public void There_is_no_snapshot_of_a_call_that_cannot_be_continued()
    {
        using var world = new SessionWorld(9);
        Assert.Null(world.Caller.Session.Save(world.Clock.Now));
        world.Negotiate();
        world.RunUntil(() => world.Caller.Events.OfType<MediaEvent.WhatsAppConnected>().Any(), 5 * Second, "connected");
        Assert.Null(world.Caller.Session.Save(world.Clock.Now)); // not open
        world.Caller.Session.OpenAudio(world.Clock.Now);
        Assert.NotNull(world.Caller.Session.Save(world.Clock.Now));
        world.Caller.Session.Consult(world.Clock.Now);
        Assert.Null(world.Caller.Session.Save(world.Clock.Now));
        world.Caller.Session.Release(world.Clock.Now);
        Assert.Null(world.Caller.Session.Save(world.Clock.Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"WhatsApp\":{}}")]
    public void What_is_no_snapshot_is_refused_with_a_reason(string json)
    {
        Assert.False(MediaSnapshotJson.TryRead(Encoding.UTF8.GetBytes(json), out var read, out var error));
        Assert.Null(read);
        Assert.NotEmpty(error);
    }

    /// <summary>A snapshot that is cut short or has a byte changed is refused with a reason, or can be resumed.</summary>
    [Fact]
    public void A_damaged_snapshot_throws_nothing()
    {
        using var world = new SessionWorld(10);
        world.Connect();
        world.Run(2 * Second);
        var json = MediaSnapshotJson.Write(Save(world, world.Callee));
        var random = new Random(10);
        var refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            var damaged = json[..(i % 2 == 0 ? json.Length : random.Next(json.Length))];
            if (damaged.Length > 0)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(32, 127);
            if (!MediaSnapshotJson.TryRead(damaged, out var read, out var error))
            {
                Assert.NotEmpty(error);
                refused++;
                continue;
            }
            world.TakeOver(world.Callee, read, 3);
        }
        output.WriteLine($"{refused} of 5000 refused");
        Assert.InRange(refused, 2500, 5000);
    }

    private static MediaSnapshot Save(SessionWorld world, SessionSide side)
    {
        var snapshot = side.Session.Save(world.Clock.Now);
        Assert.NotNull(snapshot);
        Assert.True(MediaSnapshotJson.TryRead(MediaSnapshotJson.Write(snapshot), out var read, out var error), error);
        return read;
    }

    /// <summary>What goes to the caller from now on but ICE and DTLS, in its order.</summary>
    private static List<WireDatagram> Capture(SessionWorld world)
    {
        var wire = new List<WireDatagram>();
        world.Internet.Passes = datagram =>
        {
            var kind = DatagramKinds.Classify(datagram.Bytes);
            if (kind is DatagramKind.Rtp or DatagramKind.Rtcp && datagram.To == world.Caller.Port.Shared)
                wire.Add(datagram with { Bytes = [.. datagram.Bytes] });
            return true;
        };
        return wire;
    }

    /// <summary>Unprotects what was sent, in its order, as a receiver that lost nothing.</summary>
    private static int AssertUsesNoIndexTwice(List<WireDatagram> wire, MediaSnapshot last, int seed)
    {
        var keys = last.WhatsApp;
        using var receiver = new SrtpSession(keys.Profile, keys.RemoteKeys, keys.LocalKeys, NativeSrtpPrimitives.Instance);
        var used = new HashSet<(uint, long)>();
        foreach (var datagram in wire)
        {
            byte[] bytes = [.. datagram.Bytes];
            if (!IsRtp(datagram))
            {
                Assert.True(receiver.TryUnprotectRtcp(bytes, out _, out var refusal), $"seed {seed}: report {refusal}");
                continue;
            }
            Assert.True(receiver.TryUnprotectRtp(bytes, out _, out var error), $"seed {seed}: {error} after {used.Count}");
            var position = receiver.PositionOf(new Ssrc(0));
            Assert.True(used.Add((position.ReceivedSsrc, position.ReceivedIndex)), $"seed {seed}: {position}");
        }
        Assert.Single(used.DistinctBy(one => one.Item1));
        return used.Count;
    }

    private static bool IsRtp(WireDatagram datagram) => DatagramKinds.Classify(datagram.Bytes) == DatagramKind.Rtp;

    private static void Hears(SessionWorld world, WirePhone phone, double hertz)
    {
        for (var i = 0; i < 500 && Math.Abs((phone.Meter.Hertz() ?? 0) - hertz) > 10; i++)
            world.Run(TimeSpan.FromMilliseconds(20));
        Assert.InRange(phone.Meter.Hertz() ?? 0, hertz - 10, hertz + 10);
    }

    private static (string Id, int Version) Origin(string sdp)
    {
        var fields = sdp.Split("\r\n").Single(line => line.StartsWith("o=", StringComparison.Ordinal)).Split(' ');
        return (fields[1], int.Parse(fields[2]));
    }

    private static string? Ok(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp;
    }
}
