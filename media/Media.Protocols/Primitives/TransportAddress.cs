using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Media.Protocols.Primitives;

/// <summary>
/// An IP address and port as a value: compared, hashed and stored without allocating. IPv4 is kept in its IPv4-mapped IPv6 form
/// (RFC 4291 §2.5.5.2), so that a peer's address is the same value whichever socket family received it. Scope ids are not kept.
/// </summary>
[JsonConverter(typeof(TransportAddressJson))]
public readonly record struct TransportAddress(AddressBits Bits, ushort Port)
{
    public bool IsIPv4 => Bits.IsIPv4;

    /// <summary>Neither address nor port: the value of <c>default</c>.</summary>
    public bool IsNone => Bits == default && Port == 0;

    /// <param name="ip">4 bytes (IPv4) or 16 bytes (IPv6), network order.</param>
    /// <param name="port">In host order.</param>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static TransportAddress FromBytes(ReadOnlySpan<byte> ip, ushort port) => ip.Length switch
    {
        4 => new(AddressBits.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(ip)), port),
        AddressBits.Size => new(AddressBits.Read(ip), port),
        _ => throw new ArgumentException("An IP address has 4 or 16 bytes.", nameof(ip)),
    };

    public static TransportAddress From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[AddressBits.Size];
        address.TryWriteBytes(bytes, out var length);
        return FromBytes(bytes[..length], checked((ushort)port));
    }

    public static TransportAddress From(IPEndPoint endPoint) => From(endPoint.Address, endPoint.Port);

    /// <summary>Writes 4 bytes (IPv4) or 16 bytes (IPv6) in network order and returns their number.</summary>
    public int WriteBytes(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, Bits.IPv4);
            return 4;
        }
        Bits.Write(destination);
        return AddressBits.Size;
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[AddressBits.Size];
        return new IPAddress(bytes[..WriteBytes(bytes)]);
    }

    public AddressFamily Family => IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    public override string ToString() => ToIPEndPoint().ToString();
}

/// <summary>A <see cref="TransportAddress"/> in JSON: `192.0.2.1:5004`, `[2001:db8::1]:5004`; empty for none.</summary>
public sealed class TransportAddressJson : JsonConverter<TransportAddress>
{
    public override TransportAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? throw new JsonException("An address is a text.")
        : reader.GetString() is not { Length: > 0 } text ? default
        : IPEndPoint.TryParse(text, out var address) ? TransportAddress.From(address)
        : throw new JsonException("A text is no address with a port.");

    public override void Write(Utf8JsonWriter writer, TransportAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.IsNone ? "" : value.ToString());
}
