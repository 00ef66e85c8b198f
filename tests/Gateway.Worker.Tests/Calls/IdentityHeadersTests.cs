using Gateway.Worker.Calls;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Names of users reach the PBX unchanged, and nothing in them reverses the text beside them.</summary>
public sealed class IdentityHeadersTests
{
    [Theory]
    [InlineData("Anna \u202e54321", "Anna 54321")]
    [InlineData("\u2066Bob\u2069", "Bob")]
    [InlineData("\u200fعلي\u061c", "علي")]
    [InlineData("a\u200bb\u2060c\ufeff", "abc")]
    [InlineData("two\r\nlines\u2028three", "twolinesthree")]
    [InlineData("👩\u200d💻 Zoë", "👩\u200d💻 Zoë")]
    [InlineData("نامه\u200cای", "نامه\u200cای")]
    [InlineData("\u202e\u202c", null)]
    [InlineData(null, null)]
    public void Controls_go_and_letters_stay(string? name, string? clean) => Assert.Equal(clean, IdentityHeaders.Clean(name));
}
