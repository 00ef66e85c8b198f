using System.Text;

namespace AdminApi.Platform;

/// <summary>What a CSV file begins with where a spreadsheet is to open it: without it Excel takes UTF-8 for the encoding of its machine.</summary>
internal static class ByteOrderMark
{
    public const string Meaning = "True: the file begins with a byte order mark, by which Excel knows UTF-8.";

    /// <summary>The bytes of a file.</summary>
    public static byte[] Encode(string text, bool isWanted) => [.. isWanted ? Encoding.UTF8.Preamble : [], .. Encoding.UTF8.GetBytes(text)];
}
