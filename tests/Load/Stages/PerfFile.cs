using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Load.Stages;

/// <summary>
/// Reads what "perf record --call-graph dwarf" writes (tools/perf/Documentation/perf.data-file-format.txt): with each sample the top of the
/// thread's stack. Native libraries keep no frame pointers, so that perf itself loses the managed caller of a system call or of OpenSSL;
/// here every word of the stack that points into managed code is taken for a return address. A stale one is possible, and rare.
/// </summary>
internal sealed class PerfFile
{
    private const int CommRecord = 3, SampleRecord = 9, MapRecord = 10;
    private const int Ip = 1, Tid = 2, Time = 4, Address = 8, Read = 16, CallChain = 32, Id = 64, Cpu = 128, Period = 256, Stream = 512,
        Identifier = 65536;
    private const int InstructionPointer = 8; // of the registers, by perf's own numbers
    private const ulong KernelStart = 0xffff_8000_0000_0000;

    private readonly Dictionary<uint, string> _threads = [];
    private readonly List<(ulong Start, ulong End, string File)> _maps = [];
    private readonly MethodMap _methods;

    private PerfFile(MethodMap methods) => _methods = methods;

    public static IReadOnlyList<Sample> ReadSamples(string file, MethodMap methods)
    {
        var bytes = File.ReadAllBytes(file);
        if (!bytes.AsSpan().StartsWith("PERFILE2"u8))
            throw new InvalidDataException("This is not a perf.data file.");
        var attribute = bytes.AsSpan((int)Number(bytes, 24));
        var (sampled, registers) = (Number(attribute, 24), Number(attribute, 80));
        var (at, end) = ((int)Number(bytes, 40), (int)(Number(bytes, 40) + Number(bytes, 48)));
        var reader = new PerfFile(methods);
        var samples = new List<Sample>();
        for (int size; at < end; at += size)
        {
            var record = bytes.AsSpan(at);
            size = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
            var body = record[8..size];
            switch (BinaryPrimitives.ReadInt32LittleEndian(record))
            {
                case CommRecord:
                    reader._threads[Half(body, 4)] = Text(body[8..]);
                    break;
                case MapRecord:
                    reader._maps.Add((Number(body, 8), Number(body, 8) + Number(body, 16), Path.GetFileName(Text(body[64..]))));
                    break;
                case SampleRecord:
                    samples.Add(reader.ReadSample(body, sampled, registers));
                    break;
                default:
                    break;
            }
        }
        return samples;
    }

    private Sample ReadSample(ReadOnlySpan<byte> body, ulong sampled, ulong registers)
    {
        if ((sampled & Read) != 0)
            throw new InvalidDataException("Samples with counters are not read here.");
        var at = Has(sampled, Identifier);
        var ip = Number(body, at);
        at += Has(sampled, Ip);
        var thread = Half(body, at + 4);
        at += Has(sampled, Tid) + Has(sampled, Time) + Has(sampled, Address) + Has(sampled, Id) + Has(sampled, Stream) + Has(sampled, Cpu)
            + Has(sampled, Period);
        if (Has(sampled, CallChain) > 0)
            at += 8 + 8 * (int)Number(body, at);
        var user = ip;
        var stack = ReadOnlySpan<ulong>.Empty;
        if (Number(body, at) != 0) // the application binary interface: none where a kernel thread was sampled
        {
            user = Number(body, at + 8 + 8 * BitOperations.PopCount(registers & ((1ul << InstructionPointer) - 1)));
            at += 8 + 8 * BitOperations.PopCount(registers);
            var size = (int)Number(body, at);
            var used = size == 0 ? 0 : (int)Number(body, at + 8 + size);
            stack = MemoryMarshal.Cast<byte, ulong>(body.Slice(at + 8, used & ~7));
        }
        var frames = new List<string>();
        if (_methods.Find(user) is { } innermost)
            frames.Add(innermost);
        foreach (var word in stack)
            if (_methods.Find(word) is { } caller)
                frames.Add(caller);
        var library = _methods.Find(user) is null ? _maps.LastOrDefault(map => user >= map.Start && user < map.End).File ?? "" : "";
        return new Sample(_threads.GetValueOrDefault(thread, ""), ip >= KernelStart, library, frames);
    }

    private static int Has(ulong sampled, int field) => (sampled & (ulong)field) != 0 ? 8 : 0;

    private static ulong Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static uint Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
}
