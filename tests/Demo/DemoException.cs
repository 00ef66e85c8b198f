namespace Demo;

/// <summary>The demonstration cannot go on; the message is for the person who started it.</summary>
internal sealed class DemoException(string message) : Exception(message);
