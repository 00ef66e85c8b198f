using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Sip.Tests.Messages;

/// <summary>Reads the messages of tests/Vectors/rfc4475, which are in the notation of RFC 4475 §2.</summary>
internal static partial class TortureMessage
{
    public static readonly string Directory = Path.Combine(AppContext.BaseDirectory, "Vectors", "rfc4475");

    public static IEnumerable<string> Names => System.IO.Directory.GetFiles(Directory, "*.txt")
        .Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public static byte[] Read(string name)
    {
        var text = File.ReadAllText(Path.Combine(Directory, name + ".txt")).ReplaceLineEndings("\n");
        text = OneLine().Replace(text, match => match.Groups[1].Value.Replace("\n", "", StringComparison.Ordinal));
        text = text.Replace("\n", "\r\n", StringComparison.Ordinal);
        text = Repeat().Replace(text, match =>
            string.Concat(Enumerable.Repeat(match.Groups[2].Value, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))));
        text = Hex().Replace(text, match => Encoding.Latin1.GetString(Convert.FromHexString(match.Groups[1].Value)));
        return Encoding.Latin1.GetBytes(text);
    }

    [GeneratedRegex("<allOneLine>\n(.*?)\n</allOneLine>", RegexOptions.Singleline)]
    private static partial Regex OneLine();

    [GeneratedRegex("<repeat count=([0-9]+)>(.*?)</repeat>")]
    private static partial Regex Repeat();

    [GeneratedRegex("<hex>([0-9A-F]*)</hex>")]
    private static partial Regex Hex();
}
