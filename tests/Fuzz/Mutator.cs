namespace Fuzz;

/// <summary>
/// Makes new inputs out of known ones: flipped bits, interesting numbers, cuts, copies, splices. The same seed and corpus give the same
/// inputs.
/// </summary>
public sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus)
{
    public const int MaxLength = 4096;

    private static readonly byte[] InterestingBytes = [0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xFE, 0xFF, .. "\r\n \":;,=<>0-%"u8];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        var input = new List<byte>(Pick(corpus));
        for (var rounds = 1 + _random.Next(6); rounds > 0; rounds--)
            Mutate(input);
        if (input.Count > MaxLength)
            input.RemoveRange(MaxLength, input.Count - MaxLength);
        return [.. input];
    }

    private void Mutate(List<byte> input)
    {
        var at = _random.Next(input.Count + 1);
        var length = Math.Min(_random.Next(1, 17), input.Count - at);
        switch (_random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = InterestingBytes[_random.Next(InterestingBytes.Length)];
                break;
            case 2 when at < input.Count:
                input[at] = (byte)_random.Next(256);
                break;
            case 3 when at + 1 < input.Count: // a 16-bit length or count that lies
                input[at] = (byte)(_random.Next(4) == 0 ? 0xFF : 0);
                input[at + 1] = (byte)_random.Next(256);
                break;
            case 4:
                input.RemoveRange(at, length);
                break;
            case 5:
                input.RemoveRange(at, input.Count - at);
                break;
            case 6:
                input.InsertRange(at, input.GetRange(at, length));
                break;
            case 7:
                var other = Pick(corpus);
                input.InsertRange(at, other.Skip(_random.Next(other.Length + 1)).Take(_random.Next(65)));
                break;
            default:
                input.Insert(at, (byte)_random.Next(256));
                break;
        }
    }

    private byte[] Pick(IReadOnlyList<byte[]> from) => from.Count == 0 ? [] : from[_random.Next(from.Count)];
}
