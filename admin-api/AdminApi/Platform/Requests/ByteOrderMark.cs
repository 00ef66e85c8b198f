using System.Text;

namespace AdminApi.Platform;

/// <summary>The start of a CSV file for spreadsheets: without it Excel assumes the machine's encoding instead of UTF-8.</summary>
internal static class ByteOrderMark
{
    public const string Meaning = "True: the file begins with a byte order mark, by which Excel recognises UTF-8.";

    /// <summary>The bytes of a file.</summary>
    public static byte[] Encode(string text, bool isWanted) => [.. isWanted ? Encoding.UTF8.Preamble : [], .. Encoding.UTF8.GetBytes(text)];
}
