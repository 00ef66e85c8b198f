using System.Net;
using System.Text;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;
using Testing;

namespace Media.Protocols.Tests.Stun;

public class StunWriterTests
{
    private static readonly StunTransactionId Transaction = new(0xb7e7a701bc34d686, 0xfa87dfae);

    [Fact]
    public void What_it_writes_is_read_back()
    {
        Span<byte> buffer = new byte[300];
        var writer = new StunWriter(buffer, StunClass.Request, Transaction);
        writer.Add(StunAttribute.Software, "gateway"u8);
        writer.Add(StunAttribute.Username, "them:us"u8);
        writer.AddPriority(0x6e0001ff);
        writer.AddControlling(ulong.MaxValue - 1);
        writer.AddUseCandidate();
        Assert.True(writer.TryFinish("secret"u8, out var length));

        Assert.True(StunReader.TryRead(buffer[..length], out var message, out var error), error.ToString());
        Assert.Equal(Transaction, message.TransactionId);
        Assert.Equal("gateway", Encoding.UTF8.GetString(message.Software));
        Assert.Equal("them:us", Encoding.UTF8.GetString(message.Username));
        Assert.Equal(0x6e0001ffu, message.Priority);
        Assert.Equal(ulong.MaxValue - 1, message.Controlling);
        Assert.True(message.UseCandidate);
        Assert.True(message.HasFingerprint);
        Assert.True(message.HasValidIntegrity("secret"u8));
        Assert.Equal(0, message.FindUnknownRequired(new ushort[1]));
    }

    [Theory]
    [InlineData("0.0.0.1:1")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("[::1]:3480")]
    [InlineData("[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    public void Mapped_addresses_are_read_back(string endPoint)
    {
        var address = TransportAddress.From(IPEndPoint.Parse(endPoint));
        Span<byte> buffer = new byte[100];
        var writer = new StunWriter(buffer, StunClass.Success, Transaction);
        writer.AddXorMappedAddress(address);
        Assert.True(writer.TryFinish("secret"u8, out var length));
        Assert.True(StunReader.TryRead(buffer[..length], out var message, out _));
        Assert.Equal(address, message.XorMappedAddress);
    }

    [Fact]
    public void Masks_an_IPv4_address_as_the_RFC_5769_vector_does()
    {
        Span<byte> buffer = new byte[100];
        var writer = new StunWriter(buffer, StunClass.Success, Transaction);
        writer.AddXorMappedAddress(TransportAddress.From(IPEndPoint.Parse("192.0.2.1:32853")));
        Assert.Equal("002000080001a147e112a643", Convert.ToHexStringLower(buffer[20..32]));
    }

    [Theory]
    [InlineData(StunErrorCode.BadRequest, "Bad Request")]
    [InlineData(StunErrorCode.Unauthorized, "Unauthorized")]
    [InlineData(StunErrorCode.UnknownAttribute, "Unknown Attribute")]
    [InlineData(StunErrorCode.RoleConflict, "Role Conflict")]
    [InlineData(StunErrorCode.ServerError, "Server Error")]
    public void Errors_are_read_back(StunErrorCode code, string phrase)
    {
        Span<byte> buffer = new byte[100];
        var writer = new StunWriter(buffer, StunClass.Error, Transaction);
        writer.AddErrorCode(code);
        writer.AddUnknownAttributes([0x7F01, 0x0003, 0x0004]);
        Assert.True(writer.TryFinish(out var length));
        Assert.True(StunReader.TryRead(buffer[..length], out var message, out _));
        Assert.Equal((int)code, message.ErrorCode);
        Assert.Equal(phrase, Encoding.UTF8.GetString(message.ErrorReason));
        Span<ushort> types = stackalloc ushort[8];
        Assert.Equal([0x7F01, 0x0003, 0x0004], types[..message.ReadUnknownAttributes(types)].ToArray());
        Assert.False(message.HasIntegrity);
    }

    [Fact]
    public void A_buffer_that_is_too_small_is_reported_never_overrun()
    {
        var full = new byte[300];
        Assert.True(TryWrite(full, out var needed));
        for (var size = 0; size < needed; size++)
        {
            var small = new byte[size];
            Assert.False(TryWrite(small, out var length));
            Assert.Equal(0, length);
        }
        Assert.True(TryWrite(new byte[needed], out _));

        static bool TryWrite(Span<byte> buffer, out int length)
        {
            var writer = new StunWriter(buffer, StunClass.Request, Transaction);
            writer.Add(StunAttribute.Username, "them:us"u8);
            writer.AddPriority(1);
            writer.AddControlled(2);
            writer.AddUseCandidate();
            writer.AddXorMappedAddress(new TransportAddress(new(0, 1), 2));
            writer.AddErrorCode(StunErrorCode.RoleConflict);
            writer.AddUnknownAttributes([1, 2]);
            return writer.TryFinish("secret"u8, out length);
        }
    }

    [Fact]
    public void Transaction_ids_are_written_as_they_are_read_and_do_not_repeat()
    {
        var entropy = new SeededEntropy(1);
        var seen = new HashSet<StunTransactionId>();
        Span<byte> bytes = stackalloc byte[StunTransactionId.Length];
        for (var i = 0; i < 1000; i++)
        {
            var id = StunTransactionId.Next(entropy);
            Assert.True(seen.Add(id));
            id.Write(bytes);
            Assert.Equal(id, StunTransactionId.Read(bytes));
        }
    }
}
